import { describe, expect, it } from 'vitest'
import { ToolCalls } from '../../../daemon/gateway/tool-calls.ts'
import { LIMITS } from '../../../src/limits.ts'

const reasonOf = (signal: AbortSignal) => (signal.reason as { code?: unknown } | undefined)?.code

describe('the tool calls of sessions without a connection', () => {
  it('remember where each session stands in its mailbox, until its credential ends', () => {
    const calls = new ToolCalls()
    calls.moveCursor(1, 'k7qm2x.1')
    calls.moveCursor(2, 'k7qm2x.2')
    expect([calls.cursorOf(1), calls.cursorOf(2), calls.cursorOf(3)]).toEqual(['k7qm2x.1', 'k7qm2x.2', undefined])
    calls.forget(1)
    expect(calls.cursorOf(1)).toBeUndefined()
  })

  it('end with a reason when the credential is revoked or the daemon stops', () => {
    const calls = new ToolCalls()
    const [one, other] = [calls.open(1, 1), calls.open(2, 1)]
    calls.forget(1)
    expect([reasonOf(one.signal), other.signal.aborted]).toEqual(['unauthenticated', false])
    calls.close()
    expect(reasonOf(other.signal)).toBe('shutting_down')
    expect(() => calls.open(2, 2)).toThrow(expect.objectContaining({ code: 'shutting_down' }))
  })

  it('end when their client gives them up, where it is certain which is meant', () => {
    const calls = new ToolCalls()
    const [one, two, other] = [calls.open(1, 7), calls.open(1, 'x'), calls.open(2, 7)]
    calls.cancel(1, 7)
    expect([one, two, other].map(({ signal, doubtful }) => [signal.aborted, doubtful])).toEqual([
      [true, true],
      [false, false],
      [false, false],
    ])
    const [first, second] = [calls.open(3, 7), calls.open(3, 7)]
    calls.cancel(3, 7)
    expect([first, second].map(({ signal, doubtful }) => [signal.aborted, doubtful])).toEqual([
      [false, true],
      [false, true],
    ])
    calls.cancel(4, 7)
  })

  it('are bounded for each session', () => {
    const calls = new ToolCalls()
    const open = Array.from({ length: LIMITS.maxWaits }, (_, index) => calls.open(1, index))
    expect(() => calls.open(1, 'more')).toThrow(expect.objectContaining({ code: 'too_many_requests' }))
    open[0]?.[Symbol.dispose]()
    calls.open(1, 'more')
    calls.open(2, 0)
  })

  it('forget the session that has been silent longest, and none with a call under way', () => {
    const calls = new ToolCalls()
    calls.open(1, 1)
    for (let credential = 1; credential <= LIMITS.maxConnections + 1; credential += 1) calls.moveCursor(credential, `k7qm2x.${credential}`)
    calls.moveCursor(LIMITS.maxConnections + 2, 'k7qm2x.0')
    expect([calls.cursorOf(1), calls.cursorOf(2), calls.cursorOf(3)]).toEqual(['k7qm2x.1', undefined, undefined])
    expect(calls.cursorOf(4)).toBe('k7qm2x.4')
  })

  it('note the use of a credential once a minute', () => {
    const calls = new ToolCalls()
    expect([0, 1_000, 59_999, 60_000, 60_001].map((at) => calls.isNoteDue(1, at))).toEqual([true, false, false, true, false])
    expect(calls.isNoteDue(2, 1_000)).toBe(true)
  })
})
