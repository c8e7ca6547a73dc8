import type { Item, Output as Result } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import { decodeCursor } from '../../../src/ids.ts'
import { isName } from '../../local/names.ts'
import { readToken, writePrivateFile } from '../../local/private-file.ts'
import { credentialFile, daemonAddress } from '../address.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { openPeer, openReader, type PeerCaller } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { peerName, showItem } from '../show.ts'
import { plural, safeText } from '../text.ts'

const MAX_PAGE = 200

export const command: Command = {
  usage: ['inbox [--ack] [--recall] [--limit <count>]', 'inbox --peek [--of <peer>]'],
  about: [
    'Takes what waits for you, and lists the asks that you still owe an answer. What one call showed is acked by the next one, so a message',
    'whose reader crashed is shown again; --ack acks at once. --peek only looks.',
  ],
  flags: {
    ack: { type: 'boolean', summary: 'Ack at once what this call shows' },
    peek: { type: 'boolean', summary: 'Look without taking anything' },
    recall: { type: 'boolean', summary: 'For an orchestrator: what its memory says about it, too' },
    of: { type: 'string', value: 'peer', summary: "With --peek, another peer's mailbox (the administrator)" },
    limit: { type: 'string', value: 'count', summary: 'At most so many (20)' },
  },
  examples: [
    ['muster inbox', 'take what waits'],
    ['muster inbox --peek', 'look first'],
    ['muster inbox --ack --json', 'for a program that handles it at once'],
    ['muster inbox --recall --as boss', 'with what the workspace of this folder remembers about it'],
    ['muster inbox --peek --of bob', "what waits for bob, as the node's administrator"],
  ],
  run: inbox,
}

async function inbox(invocation: Invocation): Promise<number> {
  const { flags, words } = invocation
  expectWords(words, [], 'inbox [flags]')
  if (flags.on('peek') && flags.on('ack')) throw usageError('--peek and --ack exclude each other', 'To look takes nothing, so there is nothing to ack.')
  if (flags.text('of') !== undefined && !flags.on('peek')) throw usageError('--of needs --peek', "Nobody takes another peer's mail.")
  if (flags.on('peek') && flags.on('recall')) throw usageError('--peek and --recall exclude each other', 'muster memory recall reminds without mail.')
  const limit = flags.count('limit', { min: 1, max: MAX_PAGE })
  const page = limit === undefined ? {} : { limit }
  return flags.on('peek') ? await peek(invocation, page) : await take(invocation, page)
}

async function peek(invocation: Invocation, page: { readonly limit?: number }): Promise<number> {
  const { flags, out } = invocation
  const of = flags.text('of')
  const caller = of === undefined ? await openPeer(invocation) : await openReader(invocation)
  const { items, waiting } = await caller.call('mailbox.peek', { ...page, ...(of !== undefined && { peer: of }) }).finally(caller.close)
  if (out.json) {
    out.document({ items, waiting })
    return EXIT.ok
  }
  showItems(out, items)
  out.note(waiting === 0 ? 'Nothing waits.' : `${plural(waiting, 'message')} waiting; nothing was taken.`)
  return EXIT.ok
}

async function take(invocation: Invocation, page: { readonly limit?: number }): Promise<number> {
  const { flags } = invocation
  const recall = flags.on('recall') ? await import('../workspace/inbox-recall.ts') : undefined
  const memory = recall?.memoryFor(invocation)
  const caller = await openPeer(invocation)
  try {
    memory?.check(caller.self)
    const cursors = cursorFile(invocation, caller)
    const cursor = cursors.load()
    const handed = await caller.call('mailbox.inbox', { ...page, ...(cursor !== undefined && { cursor }) })
    const { owed } = await caller.call('threads.owed', { limit: MAX_PAGE })
    show(invocation, caller, { ...handed, owed, recall: memory?.recall(handed.items) })
    // Only now: a cursor that is kept before its items were shown would ack what nobody has seen.
    cursors.save(handed.cursor)
    if (flags.on('ack') && handed.items.length > 0) await caller.call('mailbox.ack', { deliveries: handed.items.map(({ delivery }) => delivery.id) })
    return EXIT.ok
  } finally {
    await caller.close()
  }
}

interface Taken extends Result<'mailbox.inbox'> {
  readonly owed: Result<'threads.owed'>['owed']
  /** What a model is shown of the memory. */
  readonly recall: string | undefined
}

function show({ out }: Invocation, { self }: PeerCaller, { items, cursor, more, owed, recall }: Taken): void {
  if (out.json) {
    out.document({ peer: { id: self.id, name: self.name, circle: self.circle }, items, owed, cursor, more, ...(recall !== undefined && { recall }) })
    return
  }
  showItems(out, items)
  const shown = new Set(items.map(({ thread }) => thread.id))
  const earlier = owed.filter(({ thread }) => !shown.has(thread.id)).map((item) => ({ ...item, owed: true }))
  if (earlier.length > 0) {
    if (items.length > 0) out.line()
    out.line(`You owe ${plural(earlier.length, 'answer')} to what you were shown before:`)
    out.line()
    showItems(out, earlier)
  }
  if (recall) out.body(`${items.length + earlier.length > 0 ? '\n' : ''}${safeText(recall)}`)
  if (items.length === 0) out.note(`Nothing new waits for ${peerName(self)}.`)
  if (more) out.note('There is more: muster inbox again.')
}

function showItems(out: Output, items: readonly Item[]): void {
  for (const [index, item] of items.entries()) {
    if (index > 0) out.line()
    showItem(out, item)
  }
}

/** Where the last call's cursor is kept, beside the peer's credential. */
function cursorFile({ environment, flags }: Invocation, { hello, self }: PeerCaller) {
  // The name comes from the daemon, and not every daemon is ours: it may not lead out of the folder.
  if (!isName(self.name)) throw new MusterError('internal', {}, { message: 'The daemon gave this peer a name that is none.' })
  const path = credentialFile(environment.paths, daemonAddress(flags, environment), self.name).replace(/\.token$/, '.cursor')
  return {
    load(): string | undefined {
      const cursor = readToken(path)
      // One of another incarnation of the database could name a handover that was never shown.
      return cursor !== undefined && decodeCursor(cursor)?.tag === hello.node.incarnation ? cursor : undefined
    },
    save: (cursor: string) => writePrivateFile(path, cursor),
  }
}
