import type { Breach, Watchdog } from '../../../src/contract/index.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { relativeTime } from '../when.ts'

export function showWatchdogs(out: Output, watchdogs: readonly Watchdog[]): void {
  out.table(
    ['WATCHDOG', 'STATE', 'WATCHES', 'TELLS', 'FOUND', 'LABEL'],
    watchdogs.map((each) => [each.id, each.state, watchText(each), peerName(each.tells), foundText(each), each.label ?? each.reason ?? '']),
  )
}

export function showWatchdog(out: Output, each: Watchdog): void {
  out.fields([
    ['watchdog', each.label === null ? each.id : `${each.id} (${each.label})`],
    ['state', each.reason === null ? each.state : `${each.state}: ${each.reason}`],
    ['watches', watchText(each)],
    ['owner', peerName(each.owner)],
    ['tells', `${peerName(each.tells)}${each.repeat === null ? ', once' : `, again every ${each.repeat}`}${each.over ? ', and when it is over' : ''}`],
    ['found', foundText(each)],
    ['looks', each.nextAt === null ? '-' : `${relativeTime(each.nextAt, out.now)} at the latest`],
  ])
}

export function showBreaches(out: Output, breaches: readonly Breach[]): void {
  out.table(
    ['NUMBER', 'WHAT', 'SINCE', 'FOUND', 'TOLD', 'OVER', 'HOW'],
    breaches.map((each) => [
      each.number,
      each.subject,
      relativeTime(each.since, out.now),
      relativeTime(each.at, out.now),
      each.told === 1 ? 'once' : `${each.told} times`,
      each.overAt === null ? 'no' : relativeTime(each.overAt, out.now),
      each.outcome,
    ]),
  )
}

/** `silence of bob for 30m`, `asks to bob open for 2h`. */
export function watchText({ on, peer, side, thread, review, circle, for: span }: Watchdog): string {
  if (on === 'silence') return `silence of ${peerName(peer)} for ${span}`
  if (on === 'review') return `${review ?? `reviews in ${circle}`} owed for ${span}`
  const what = thread === null ? (peer === null ? `asks in ${circle}` : `asks ${side} ${peerName(peer)}`) : thread
  return `${what} open for ${span}`
}

function foundText({ open, breaches }: Watchdog): string {
  return breaches === 0 ? 'nothing yet' : `${breaches}, of which ${open} last`
}
