import { StringDecoder } from 'node:string_decoder'
import type { Environment } from './environment.ts'
import { usageError } from './failure.ts'

type Terminal = Environment['stdin'] & { readonly setRawMode?: (on: boolean) => unknown }

const [INTERRUPT, END, BACKSPACE, CLEAR_LINE, DELETE] = ['\u0003', '\u0004', '\b', '\u0015', '\u007f']

export function isTerminal(stdin: Environment['stdin']): stdin is Terminal {
  return 'isTTY' in stdin && stdin.isTTY === true
}

/**
 * Asks for one line on the terminal without showing it. `undefined`: whoever was asked gave up, with Ctrl-C or Ctrl-D.
 *
 * @throws CliError `usage` where nobody can be asked
 */
export async function askSecret({ stdin, stderr }: Environment, question: string): Promise<string | undefined> {
  if (!isTerminal(stdin)) throw usageError('nobody is at this terminal', 'Run it in a terminal, or pipe the passphrase in with --passphrase-stdin.')
  stderr.write(question)
  stdin.setRawMode?.(true)
  const line = new HiddenLine()
  for await (const chunk of stdin) if (line.take(Buffer.from(chunk))) break
  stdin.setRawMode?.(false)
  stderr.write('\n')
  return line.given
}

/** What is typed up to the end of a line; in raw mode the terminal leaves the keys that edit it to us. */
class HiddenLine {
  readonly #decoder = new StringDecoder('utf8')
  #chars: string[] = []
  /** What was typed, once that line has been ended. */
  given: string | undefined

  /** @returns whether nothing more is to be read */
  take(bytes: Buffer): boolean {
    for (const char of this.#decoder.write(bytes)) {
      if (char === INTERRUPT || char === END) return true
      if (char === '\r' || char === '\n') {
        this.given = this.#chars.join('')
        return true
      }
      this.#edit(char)
    }
    return false
  }

  #edit(char: string): void {
    if (char === BACKSPACE || char === DELETE) this.#chars.pop()
    else if (char === CLEAR_LINE) this.#chars = []
    else this.#chars.push(char)
  }
}

/** The first line of what is piped in. @throws CliError `usage` on a terminal, where it would be shown */
export async function pipedLine({ stdin }: Environment): Promise<string> {
  if (isTerminal(stdin)) throw usageError('nothing is piped in', 'On a terminal, --passphrase asks for it without showing it.')
  let text = ''
  const decoder = new StringDecoder('utf8')
  for await (const chunk of stdin) {
    text += decoder.write(Buffer.from(chunk))
    if (text.includes('\n')) break
  }
  return text.split(/\r?\n/, 1)[0] ?? ''
}
