/** How much is measured: bounded in time and in count. */
export interface Plan {
  readonly rounds: number
  readonly warmMs: number
  readonly runMs: number
  readonly fanOutPeers: number
  readonly fanOutRounds: number
  readonly idlePeers: number
  readonly starts: number
  readonly storedMessages: number
  readonly openDeliveries: number
  readonly searches: number
  readonly say: (line: string) => void
}

/** At most five minutes on two cores. */
export const FULL = {
  rounds: 5,
  warmMs: 400,
  runMs: 1_000,
  fanOutPeers: 1_000,
  fanOutRounds: 10,
  idlePeers: 10_000,
  starts: 7,
  storedMessages: 1_000_000,
  openDeliveries: 10_000,
  searches: 500,
}

/** At most a minute: enough to see a change of a quarter, not of a tenth. */
export const QUICK: typeof FULL = {
  rounds: 2,
  warmMs: 250,
  runMs: 500,
  fanOutPeers: 1_000,
  fanOutRounds: 3,
  idlePeers: 1_000,
  starts: 2,
  storedMessages: 20_000,
  openDeliveries: 1_000,
  searches: 100,
}
