import type { MarkedToken, Token, Tokens } from 'marked'
import type { ComponentChildren, JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import { parse } from './parse.ts'
import { visible } from './plain-text.ts'

/** Beyond this a body is shown in part first: laying out a quarter of a megabyte takes a phone seconds. */
const FIRST_CHARS = 6_000
const SAFE_LINK = /^(?:https?:|mailto:)/i

/**
 * The words of a peer or a person as Markdown. There is no HTML in between: the parts that the text consists of become elements, HTML
 * in it stays text, and nothing is fetched, so a text can show nothing but text.
 */
export function Markdown({ text }: { readonly text: string }) {
  const [whole, setWhole] = useState(false)
  const isCut = !whole && text.length > FIRST_CHARS
  const shown = isCut ? text.slice(0, FIRST_CHARS) : text
  const tokens = useMemo(() => parse(shown), [shown])
  return (
    <div class="markdown" dir="auto">
      {tokens ? <Blocks of={tokens} /> : <p class="markdown-plain">{visible(shown)}</p>}
      {isCut ? (
        <button type="button" class="quiet" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString()} characters
        </button>
      ) : null}
    </div>
  )
}

function Blocks({ of }: { readonly of: readonly Token[] }) {
  return of.map((token, index) => <Block key={index} of={token as MarkedToken} />)
}

function Block({ of }: { readonly of: MarkedToken }): JSX.Element | null {
  switch (of.type) {
    case 'heading': {
      // A text is below the headings of the page that shows it.
      return (
        <p class="markdown-heading">
          <Inlines of={of.tokens} />
        </p>
      )
    }
    case 'paragraph':
      return (
        <p>
          <Inlines of={of.tokens} />
        </p>
      )
    case 'blockquote':
      return (
        <blockquote>
          <Blocks of={of.tokens} />
        </blockquote>
      )
    case 'list':
      return <List of={of} />
    case 'code':
      return (
        <pre tabIndex={0}>
          <code>{visible(of.text)}</code>
        </pre>
      )
    case 'table':
      return <Table of={of} />
    case 'hr':
      return <hr />
    case 'space':
    case 'def':
      return null
    case 'text':
      return <p>{of.tokens ? <Inlines of={of.tokens} /> : visible(of.text)}</p>
    default:
      return <p>{visible(of.raw)}</p>
  }
}

function List({ of }: { readonly of: Tokens.List }) {
  const items = of.items.map((item, index) => (
    <li key={index}>
      {item.task ? (item.checked ? '☑ ' : '☐ ') : null}
      {item.tokens.map((token, at) =>
        token.type === 'text' ? <Inlines key={at} of={(token as Tokens.Text).tokens ?? []} /> : <Block key={at} of={token as MarkedToken} />,
      )}
    </li>
  ))
  return of.ordered ? <ol start={of.start || 1}>{items}</ol> : <ul>{items}</ul>
}

function Table({ of }: { readonly of: Tokens.Table }) {
  const row = (cells: readonly Tokens.TableCell[], cell: (children: ComponentChildren, index: number) => JSX.Element): JSX.Element => (
    <tr>{cells.map(({ tokens }, index) => cell(<Inlines of={tokens} />, index))}</tr>
  )
  return (
    <div class="markdown-table" tabIndex={0}>
      <table>
        <thead>
          {row(of.header, (children, index) => (
            <th key={index}>{children}</th>
          ))}
        </thead>
        <tbody>
          {of.rows.map((cells, at) => (
            <Row key={at} cells={cells} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({
  cells,
  row,
}: {
  readonly cells: readonly Tokens.TableCell[]
  readonly row: (cells: readonly Tokens.TableCell[], cell: (children: ComponentChildren, index: number) => JSX.Element) => JSX.Element
}) {
  return row(cells, (children, index) => <td key={index}>{children}</td>)
}

function Inlines({ of }: { readonly of: readonly Token[] }) {
  return of.map((token, index) => <Inline key={index} of={token as MarkedToken} />)
}

function Inline({ of }: { readonly of: MarkedToken }): ComponentChildren {
  switch (of.type) {
    case 'strong':
      return (
        <strong>
          <Inlines of={of.tokens} />
        </strong>
      )
    case 'em':
      return (
        <em>
          <Inlines of={of.tokens} />
        </em>
      )
    case 'del':
      return (
        <del>
          <Inlines of={of.tokens} />
        </del>
      )
    case 'codespan':
      return <code>{visible(of.text)}</code>
    case 'br':
      return <br />
    case 'link':
      return <Link of={of} />
    case 'image':
      // Loading it would tell its server that, when and from where the message was read.
      return <Link of={{ href: of.href, text: of.text || of.href }} />
    case 'text':
      return of.tokens ? <Inlines of={of.tokens} /> : visible(of.text)
    case 'escape':
      return visible(of.text)
    default:
      return visible(of.raw)
  }
}

/** A link says where it goes, since its text is another's. */
function Link({ of: { href, text } }: { readonly of: { readonly href: string; readonly text: string } }) {
  if (!SAFE_LINK.test(href)) return <>{visible(text === href ? text : `${text} (${href})`)}</>
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>
      {visible(text)}
    </a>
  )
}
