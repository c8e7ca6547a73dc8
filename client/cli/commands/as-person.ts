import { setTimeout as pause } from 'node:timers/promises'
import type { PersonAction } from '../../../src/contract/index.ts'
import type { Caller } from '../caller.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import { asReader } from '../open-caller.ts'
import { askSecret, pipedLine } from '../secret.ts'

const LOOK_MS = 500

export const command: Command = {
  usage: ['as-person <operation> [<input as JSON>] [--person <name>] [--passphrase | --passphrase-stdin]'],
  about: [
    "Has one operation done once in a person's name. A terminal has no authority of its own: it shows four digits, the person reads on a paired device what would be done, types them there, and with that it is done.",
    'With --passphrase it asks for the passphrase that the person has set on a paired device, shows nothing of it, and has it done at once. Whatever watches this terminal learns it, too.',
    'The operations are those of the protocol, with their input as JSON.',
  ],
  flags: {
    person: { type: 'string', value: 'peer', summary: 'In whose name (the one person there is)' },
    passphrase: { type: 'boolean', summary: "Ask for the person's passphrase here" },
    'passphrase-stdin': { type: 'boolean', summary: 'Read the passphrase from a pipe' },
  },
  examples: [
    [`muster as-person threads.notify '{"to": "bob", "body": "Go ahead."}'`, 'a word of yours, from a terminal'],
    [`muster as-person digest.seen '{"cursor": "k7qm2x.42"}' --passphrase`, 'without a device'],
  ],
  async run(invocation) {
    const { words, flags } = invocation
    const [operation, text = '{}', extra] = words
    if (operation === undefined || extra !== undefined)
      throw usageError('expected an operation and its input', 'Like: muster as-person threads.notify \'{"to": "bob", "body": "Go ahead."}\'')
    const person = flags.text('person')
    const proposal = { operation, input: inputOf(text), ...(person !== undefined && { person }) }
    if (flags.on('passphrase') || flags.on('passphrase-stdin')) return await byPassphrase(invocation, proposal)
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

interface Proposal {
  readonly operation: string
  readonly input: Record<string, unknown>
  readonly person?: string
}

async function byPassphrase(invocation: Invocation, proposal: Proposal): Promise<number> {
  const { flags, environment } = invocation
  if (flags.on('passphrase') && flags.on('passphrase-stdin')) throw usageError('--passphrase and --passphrase-stdin exclude each other', 'Give one of them.')
  // Before anything is proposed: nothing waits on people's devices while somebody types.
  const passphrase = flags.on('passphrase') ? await askSecret(environment, 'Passphrase: ') : await pipedLine(environment)
  if (passphrase === undefined) return EXIT.interrupted
  return await asReader(invocation, async ({ call }) => {
    const { action } = await call('actions.propose', proposal)
    try {
      const done = await call('passphrase.approve', { action: action.id, passphrase })
      return show(invocation, done.action)
    } catch (error) {
      // Best effort: it ends by itself, too.
      await call('actions.reject', { action: action.id }).catch(() => undefined)
      throw error
    }
  })
}

function show({ out }: Invocation, action: PersonAction): number {
  if (out.json) out.document({ action })
  else out.line(JSON.stringify(action.output, null, 2))
  return EXIT.ok
}

async function follow(invocation: Invocation, { call }: Caller, { id }: PersonAction): Promise<number> {
  const interrupted = invocation.environment.interrupted()
  for (;;) {
    const { action } = await call('actions.get', { action: id })
    if (action.state === 'done') return show(invocation, action)
    if (action.state !== 'waiting') throw new CliError('not_confirmed', `${action.operation} was not done: ${action.reason ?? action.state}`)
    await pause(LOOK_MS, undefined, { signal: interrupted }).catch(() => undefined)
    if (interrupted.aborted) {
      await call('actions.reject', { action: id })
      return EXIT.interrupted
    }
  }
}
