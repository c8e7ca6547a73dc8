/** Reads what `strace -f -yy -o` wrote and finds out whether confirmations waited for the disk. */

/** One system call; `started` and `ended` are lines of the trace, which is in the order of time. */
export interface SystemCall {
  readonly name: string
  /** What the descriptor is: a path, or the two ends of a socket. */
  readonly target: string
  readonly text: string
  readonly started: number
  readonly ended: number
  readonly failed: boolean
}

const CALL = /^(\d+) +(\w+)\((\d+)<(.*?)>(?:\(deleted\))?(?:[,)]| <unfinished)/
const UNFINISHED = /<unfinished \.\.\.>$/
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>/
const RESULT = /\) += (-?\d+)[^=]*$/

export function parseTrace(trace: string): SystemCall[] {
  const calls: SystemCall[] = []
  /** Calls of other threads were written in between. */
  const open = new Map<string, { call: Omit<SystemCall, 'ended' | 'failed'> }>()
  for (const [line, text] of trace.split('\n').entries()) {
    const resumed = RESUMED.exec(text)
    const waiting = resumed ? open.get(resumed[1] as string) : undefined
    if (resumed && waiting) {
      open.delete(resumed[1] as string)
      calls.push({ ...waiting.call, text: waiting.call.text + text, ended: line, failed: hasFailed(text) })
      continue
    }
    const parts = CALL.exec(text)
    if (!parts) continue
    const [, thread = '', name = '', , target = ''] = parts
    const call = { name, target, text, started: line }
    if (UNFINISHED.test(text)) open.set(thread, { call })
    else calls.push({ ...call, ended: line, failed: hasFailed(text) })
  }
  return calls.sort((a, b) => a.started - b.started)
}

function hasFailed(text: string): boolean {
  return RESULT.exec(text)?.[1] === '-1'
}

/** As strace shows them: with the quotes escaped. */
const CONFIRMATION = /\\"result\\":|\\"mailbox\.deliver\\"/

export interface Evidence {
  readonly flushes: number
  /** Frames that confirm or deliver; one call may send many. */
  readonly confirmations: number
  /** Confirmations that left while something in the log had not been flushed. */
  readonly beforeFlush: string[]
  /** When a text was first written to the log, when that write was flushed, and when the text was first sent; -1: never. */
  orderOf(text: string): { readonly written: number; readonly flushed: number; readonly sent: number }
}

/** @param log path of the write-ahead log */
export function findEvidence(calls: readonly SystemCall[], log: string): Evidence {
  const writes = calls.filter((call) => call.target === log && /^p?write/.test(call.name))
  const flushes = calls.filter((call) => call.target === log && /sync$/.test(call.name) && !call.failed)
  const confirmations = calls.filter((call) => isSocket(call.target) && CONFIRMATION.test(call.text))
  const flushAfter = (write: SystemCall) => flushes.find((flush) => flush.started > write.ended)?.ended ?? -1
  const beforeFlush = confirmations.filter((confirmation) => {
    const last = writes.findLast((write) => write.started < confirmation.started)
    return last !== undefined && !flushes.some((flush) => flush.started > last.ended && flush.ended < confirmation.started)
  })
  return {
    flushes: flushes.length,
    confirmations: confirmations.reduce((sum, call) => sum + call.text.split(CONFIRMATION).length - 1, 0),
    beforeFlush: beforeFlush.map((call) => call.text.slice(0, 200)),
    orderOf(text) {
      const write = writes.find((call) => call.text.includes(text))
      const sent = calls.find((call) => isSocket(call.target) && call.text.includes(text))
      return { written: write?.ended ?? -1, flushed: write ? flushAfter(write) : -1, sent: sent?.started ?? -1 }
    },
  }
}

function isSocket(target: string): boolean {
  return /^(TCP|TCPv6|socket)/.test(target)
}
