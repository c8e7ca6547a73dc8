/** A word that could stand where the cursor is. */
export interface Candidate {
  readonly value: string
  /** What it is, in a few words. */
  readonly says: string
}

/** Things whose names only the daemon knows. */
export const LIVE_KINDS = ['peer', 'circle', 'thread', 'owed thread', 'dead letter', 'watchdog', 'card', 'approval', 'source'] as const
export type LiveKind = (typeof LIVE_KINDS)[number]
