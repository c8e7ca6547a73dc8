import { setTimeout as pause } from 'node:timers/promises'
import type { PersonAction } from '../../../src/contract/index.ts'
import type { Caller } from '../caller.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import { asReader } from '../open-caller.ts'

const LOOK_MS = 500

export const command: Command = {
  usage: ['as-person <operation> [<input as JSON>] [--person <name>]'],
  about: [
    "Has one operation done once in a person's name. A terminal has no authority of its own: it shows four digits, the person reads on a paired device what would be done, types them there, and with that it is done.",
    'The operations are those of the protocol, with their input as JSON.',
  ],
  flags: { person: { type: 'string', value: 'peer', summary: 'In whose name (the one person there is)' } },
  examples: [[`muster as-person threads.notify '{"to": "bob", "body": "Go ahead."}'`, 'a word of yours, from a terminal']],
  async run(invocation) {
    const { words, flags } = invocation
    const [operation, text = '{}', extra] = words
    if (operation === undefined || extra !== undefined)
      throw usageError('expected an operation and its input', 'Like: muster as-person threads.notify \'{"to": "bob", "body": "Go ahead."}\'')
    const person = flags.text('person')
    const proposal = { operation, input: inputOf(text), ...(person !== undefined && { person }) }
    return await asReader(invocation, async (caller) => {
      const { action, code } = await caller.call('actions.propose', proposal)
      invocation.out.note(`Type ${code} on a device of ${action.person.name} to have ${operation} done. Good for five minutes.`)
      return await follow(invocation, caller, action)
    })
  },
}

function inputOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {}
  throw usageError('the input is no JSON object', 'Like: \'{"to": "bob", "body": "Go ahead."}\'')
}

async function follow({ out, environment }: Invocation, { call }: Caller, { id }: PersonAction): Promise<number> {
  const interrupted = environment.interrupted()
  for (;;) {
    const { action } = await call('actions.get', { action: id })
    if (action.state === 'done') {
      if (out.json) out.document({ action })
      else out.line(JSON.stringify(action.output, null, 2))
      return EXIT.ok
    }
    if (action.state !== 'waiting') throw new CliError('not_confirmed', `${action.operation} was not done: ${action.reason ?? action.state}`)
    await pause(LOOK_MS, undefined, { signal: interrupted }).catch(() => undefined)
    if (interrupted.aborted) {
      await call('actions.reject', { action: id })
      return EXIT.interrupted
    }
  }
}
