import { register, scratch, startMuster } from '../harness/muster.ts'
import type { Plan } from '../harness/plan.ts'
import { launchScript, run } from '../harness/processes.ts'
import type { Row } from '../harness/report.ts'
import { quantile, ratios, spread } from '../harness/statistics.ts'
import type { FanOutResult } from '../load/fan-out.ts'

/** A durable notify to many connected peers against bare `ws` sends of frames of the same size. */
export async function measureFanOut(plan: Plan): Promise<Row[]> {
  const count = plan.fanOutPeers
  const daemon = await startMuster({ home: scratch() })
  const raw = launchScript('anchors/ws-fan-out', {})
  try {
    const { url } = JSON.parse(await raw.firstLine) as { url: string }
    const names = Array.from({ length: count }, (_, n) => ({ name: `listener-${n}`, capabilities: ['listener'] }))
    const [sender, ...listeners] = await register(daemon, [{ name: 'sender' }, ...names])
    const own = { url: daemon.url, senderToken: sender?.token, tokens: listeners.map(({ token }) => token), rounds: plan.fanOutRounds, to: 'cap:listener' }
    const durable: FanOutResult[] = []
    const bare: FanOutResult[] = []
    for (let round = 0; round < plan.rounds; round++) {
      plan.say(`fan-out: round ${round + 1} of ${plan.rounds}`)
      const result = await run<FanOutResult>('load/fan-out', own)
      durable.push(result)
      bare.push(await run<FanOutResult>('load/fan-out', { ...own, url, senderToken: 'x', tokens: Array(count).fill('x'), rawBytes: result.frameBytes }))
    }
    return [toRow(count, durable, bare)]
  } finally {
    await Promise.all([daemon.running.stop(), raw.stop()])
  }
}

function toRow(count: number, durable: readonly FanOutResult[], bare: readonly FanOutResult[]): Row {
  // The first fan-outs of a run find cold code on both sides.
  const medians = (results: readonly FanOutResult[], figure: 'perSecond' | 'withAcksPerSecond') =>
    results.map((result) => quantile(result[figure].slice(2), 0.5))
  const own = medians(durable, 'perSecond')
  const other = medians(bare, 'perSecond')
  return {
    what: `durable notify to ${count} connected peers: deliveries/s / raw ws sends of as many bytes`,
    target: { atLeast: 0.35 },
    value: ratios(own, other),
    note: `timed from the send to the last delivery at the receivers; frames of ${durable[0]?.frameBytes} bytes`,
    absolute: [
      { label: 'durable', unit: 'deliveries/s', value: spread(own) },
      { label: 'durable, all acks confirmed', unit: 'deliveries/s', value: spread(medians(durable, 'withAcksPerSecond')) },
      { label: 'raw', unit: 'sends/s', value: spread(other) },
    ],
  }
}
