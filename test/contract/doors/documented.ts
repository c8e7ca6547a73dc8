import { Ajv2020 } from 'ajv/dist/2020.js'
import { createOpenApi } from '../../../daemon/gateway/rest/openapi.ts'
import type { OperationName } from '../../../src/contract/index.ts'

const document = createOpenApi('0.0.0')
const operations = new Map(Object.values(document.paths).flatMap((item) => Object.values(item).map((operation) => [operation.operationId, operation] as const)))
// Examples and formats are for people.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
ajv.addSchema({ $id: 'openapi', components: document.components })

/** What the OpenAPI document does not say of an answer; empty where it is as documented. */
export function undocumented(operation: OperationName, status: number, body: unknown): unknown[] {
  const response = operations.get(operation)?.responses[status]
  if (!response) return [`${operation} may not end with ${status}`]
  const shared = '$ref' in response ? document.components.responses[response.$ref.slice(response.$ref.lastIndexOf('/') + 1)] : response
  const { $ref } = shared?.content?.['application/json']?.schema ?? {}
  if (typeof $ref !== 'string') return [`${operation} says nothing of its body with ${status}`]
  const validate = ajv.getSchema(`openapi${$ref}`) ?? ajv.compile({ $ref: `openapi${$ref}` })
  validate(body)
  return validate.errors ?? []
}
