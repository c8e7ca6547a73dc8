import type { Output as Result } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import { shortSpan } from '../../../src/time.ts'
import { daemonAddress } from '../address.ts'
import { expectWords } from '../arguments.ts'
import { inOrder, type Need, shortened } from '../attention/need.ts'
import { needsOfNode } from '../attention/of-node.ts'
import { needsOfPeer } from '../attention/of-peer.ts'
import { showNeeds } from '../attention/table.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { openKnown, openKnownReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { plural } from '../text.ts'

/** It is what a person types first: better no answer than a late one. */
const ANSWER_WITHIN_MS = 5_000

export const command: Command = {
  usage: ['overview'],
  about: [
    'What needs attention, the most urgent first, each with the command for it: a full disk, answers that you owe, asks of yours about to expire, dead letters,',
    'parked pairs, mail for peers that cannot be reached, mail for you. With nothing to do it says what to do next. Ends with 3 where the daemon is not running.',
    'It reads as the administrator where that is possible, and as the peer that your commands speak as where that has joined; it makes nobody join.',
  ],
  flags: {},
  examples: [
    ['muster', 'what needs you'],
    ['muster overview --json', 'the same for a program'],
  ],
  run: overview,
}

interface Seen {
  readonly status: Result<'node.status'>
  readonly needs: readonly Need[]
}

async function overview(invocation: Invocation): Promise<number> {
  const { words, out, environment } = invocation
  expectWords(words, [], 'overview')
  try {
    const { url } = daemonAddress(invocation.flags, environment)
    const { status, needs } = await inTime(look(invocation))
    if (out.json) out.document({ running: true, url, status, needs: needs.map(({ kind, says, command }) => ({ kind, says, command: `muster ${command}` })) })
    else show(out, url, { status, needs })
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'not_running') throw error
    if (out.json) out.document({ running: false, needs: [] })
    else {
      out.line('The daemon is not running.')
      out.note('Next: muster up starts it; muster help lists the commands.')
    }
    return EXIT.notRunning
  } finally {
    // A daemon that hangs does not answer the closing of a connection either.
    environment.endSoon?.()
  }
}

async function look(invocation: Invocation): Promise<Seen> {
  const [node, self] = await Promise.all([lookAtNode(invocation), lookAtSelf(invocation)])
  if (!node)
    throw new MusterError(
      'unauthenticated',
      { hint: 'muster inbox joins as a peer; or put a token into MUSTER_TOKEN.' },
      { message: 'there is no credential to look with' },
    )
  return { status: node.status, needs: inOrder([...node.needs.filter(({ peer }) => peer === undefined || peer !== self.id), ...self.needs]) }
}

async function lookAtNode(invocation: Invocation): Promise<Seen | undefined> {
  const caller = await openKnownReader(invocation)
  if (!caller) return undefined
  try {
    const status = await caller.call('node.status', {})
    return { status, needs: await needsOfNode(caller, status, invocation.out.now) }
  } finally {
    await caller.close()
  }
}

async function lookAtSelf(invocation: Invocation): Promise<{ readonly id?: string; readonly needs: readonly Need[] }> {
  const caller = await openKnown(invocation).catch(nobody)
  return caller ? { id: caller.self.id, needs: await needsOfPeer(caller, invocation.out.now).finally(caller.close) } : { needs: [] }
}

/** A credential of before the database was made anew says nothing about the node. */
function nobody(error: unknown): undefined {
  if (!(error instanceof MusterError) || error.code !== 'unauthenticated') throw error
}

function show(out: Output, url: string, { status, needs }: Seen): void {
  const { version, startedAt, peers } = status
  out.line(out.dim(`muster ${version} at ${url}, up for ${shortSpan(out.now - Date.parse(startedAt))}, ${plural(peers.online, 'peer')} online`))
  out.line()
  const { shown, leftOut } = shortened(needs)
  showNeeds(out, shown)
  if (needs.length === 0) {
    const isNew = peers.online + peers.away + peers.offline === 0
    out.note(`Next: ${isNew ? 'muster install claude connects an agent program' : 'muster peers shows who there is'}; muster help lists the commands.`)
  }
  if (leftOut > 0) out.note(`and ${leftOut} more; --json has them all.`)
}

async function inTime(work: Promise<Seen>): Promise<Seen> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new CliError('timeout', 'the daemon did not answer in time', { hint: 'muster logs may say why.' })), ANSWER_WITHIN_MS)
  })
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
