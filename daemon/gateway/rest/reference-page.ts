import { DEFAULT_PORT } from '../../../src/rpc.ts'
import { type Html, html, prose } from './html.ts'
import type { OpenApiDocument, OperationObject, ParameterObject, ResponseObject } from './openapi.ts'
import { STYLE } from './reference-style.ts'
import { exampleOf, fieldsOf, typeName, typeWords } from './schema-words.ts'
import type { Json } from './schemas.ts'

/** Where the examples call: the address of a daemon that nobody has configured. */
const ADDRESS = `http://127.0.0.1:${DEFAULT_PORT}`

interface Entry {
  readonly method: string
  readonly path: string
  readonly operation: OperationObject
}

/** The reference page: the document for people, in one response, without a script and with nothing from elsewhere. */
export function renderReferencePage(document: OpenApiDocument): string {
  const { info, tags, components } = document
  const entries = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): Entry => ({ method: method.toUpperCase(), path, operation })),
  )
  const sections = tags.map(({ name, description }) => ({ name, description, entries: entries.filter(({ operation }) => operation.tags.includes(name)) }))
  const types = Object.entries(components.schemas).filter(([name]) => !/(Request|Response)$/.test(name))
  const errors = errorsOf(document)
  // The style stands as it is: it is ours, and its hash is in the policy of the page.
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title} over HTTP</title>
<link rel="icon" href="data:,">
<style></style>
</head>
<body>
<div class="page">
<nav aria-label="Contents">${sections.map(renderIndex)}
<a href="#errors">errors</a>
<a href="#types">types</a></nav>
<main>
<h1>${info.title} over HTTP</h1>
<p class="soft">Version ${info.version}. <a href="/v1/openapi.json">The same as OpenAPI 3.1</a></p>
${info.description.split('\n\n').map((text) => html`<p>${prose(text)}</p>`)}
<pre tabindex="0"><code>curl -H "Authorization: Bearer $TOKEN" ${ADDRESS}/v1/peers</code></pre>
${sections.map(({ name, description, entries: listed }) => html`<section><h2 id="${name}">${name}</h2><p class="soft">${description}</p>${listed.map((entry) => renderOperation(entry, document))}</section>`)}
<section><h2 id="errors">Errors</h2>${errors.map(([status, response]) => renderStatus(status, response))}</section>
<section><h2 id="types">Types</h2>${types.map(([name, schema]) => renderType(name, schema))}</section>
</main>
</div>
</body>
</html>
`
  return page.text.replace('<style></style>', () => `<style>${STYLE}</style>`)
}

function renderIndex({ name, entries }: { readonly name: string; readonly entries: readonly Entry[] }): Html {
  return html`<a href="#${name}">${name}</a><ul>${entries.map(({ operation }) => html`<li><a href="#${operation.operationId}">${operation.operationId.slice(name.length + 1)}</a></li>`)}</ul>`
}

function renderOperation({ method, path, operation }: Entry, document: OpenApiDocument): Html {
  const { operationId, summary, description } = operation
  const parameters = (operation.parameters ?? []).map((each) => ('$ref' in each ? (resolve(document, each.$ref) as unknown as ParameterObject) : each))
  const body = schemaOf(operation.requestBody?.content, document)
  const [status = '', success] = Object.entries(operation.responses).find(([each]) => each.startsWith('2')) ?? []
  const output = schemaOf((success as ResponseObject).content, document)
  const failures = Object.keys(operation.responses).filter((each) => !each.startsWith('2'))
  return html`<article id="${operationId}">
<h3><span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code></h3>
<p>${prose(summary)} <span class="soft"><code>${operationId}</code>: ${description}</span></p>
${renderFields(
  'Parameters',
  parameters.map(({ name, in: place, required, schema }) => ({ name, required: required ?? false, schema, note: `in the ${place}` })),
)}
${body && renderFields('Body', fieldsOf(body))}
<h4>Gives ${status}</h4>
${output && fieldsOf(output).length > 0 ? renderFields(undefined, fieldsOf(output)) : html`<p>${prose((success as ResponseObject).description)}</p>`}
<h4>May end with</h4>
<ul class="statuses">${failures.map((each) => html`<li><a href="#status-${each}">${each}</a></li>`)}</ul>
<pre tabindex="0"><code>${exampleCall(method, path, parameters, body, document)}</code></pre>
</article>`
}

interface Field {
  readonly name: string
  readonly required: boolean
  readonly schema: Json
  readonly note?: string
}

function renderFields(title: string | undefined, fields: readonly Field[]): Html {
  if (fields.length === 0) return html``
  const rows = fields.map(
    ({ name, required, schema, note }) =>
      html`<div><dt><code>${name}</code></dt><dd>${typeWords(schema)}${defaultWords(schema)}${title !== undefined && required && html`, <strong>required</strong>`}${note !== undefined && html` <span class="soft">${note}</span>`}</dd></div>`,
  )
  return html`${title !== undefined && html`<h4>${title}</h4>`}<dl>${rows}</dl>`
}

function defaultWords(schema: Json): Html | false {
  return schema['default'] !== undefined && html`, default <code>${JSON.stringify(schema['default'])}</code>`
}

function renderType(name: string, schema: Json): Html {
  const { description, examples } = schema
  const fields = fieldsOf(schema)
  const words =
    fields.length > 0
      ? renderFields(undefined, fields)
      : html`<p>${typeWords(schema)}${Array.isArray(examples) && html`, like <code>${examples[0]}</code>`}</p>`
  return html`<article id="type-${name}"><h3>${name}</h3>${typeof description === 'string' && html`<p>${prose(description)}</p>`}${words}</article>`
}

function renderStatus(status: string, { description }: ResponseObject): Html {
  return html`<article id="status-${status}"><h3>${status}</h3><p>${prose(description)}</p></article>`
}

/** The shared responses by their status, which the operations know. */
function errorsOf({ paths, components }: OpenApiDocument): [status: string, response: ResponseObject][] {
  const statuses = new Map<string, string>()
  for (const { responses } of Object.values(paths).flatMap((item) => Object.values(item))) {
    for (const [status, response] of Object.entries(responses)) if ('$ref' in response) statuses.set(typeName(response.$ref), status)
  }
  return Object.entries(components.responses).map(([name, response]) => [statuses.get(name) ?? '', response])
}

function schemaOf(content: ResponseObject['content'], document: OpenApiDocument): Json | undefined {
  const { $ref } = content?.['application/json']?.schema ?? {}
  return typeof $ref === 'string' ? resolve(document, $ref) : undefined
}

function resolve({ components }: OpenApiDocument, ref: string): Json {
  const [, , group = '', name = ''] = ref.split('/')
  return (components as unknown as Record<string, Record<string, Json>>)[group]?.[name] ?? {}
}

/** A call that fits, with what is required and no more. */
function exampleCall(method: string, path: string, parameters: readonly ParameterObject[], body: Json | undefined, document: OpenApiDocument): string {
  const named = (ref: string) => resolve(document, ref)
  const filled = parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce((url, { name, schema }) => url.replace(`{${name}}`, String(exampleOf(schema, named))), path)
  const fields = body ? fieldsOf(body).filter(({ required }) => required) : []
  const content = Object.fromEntries(fields.map(({ name, schema }) => [name, exampleOf(schema, named)]))
  return [
    `curl ${method === 'GET' ? '' : `-X ${method} `}-H "Authorization: Bearer $TOKEN"`,
    ...(fields.length > 0 ? [`  -H "Content-Type: application/json" -d '${JSON.stringify(content)}'`] : []),
    `  ${ADDRESS}${filled}`,
  ].join(' \\\n')
}
