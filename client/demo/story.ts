import type { MusterPeer } from '../index.ts'
import type { Part } from './actor.ts'
import type { Narrator } from './narrator.ts'
import type { Observations } from './observations.ts'
import type { Processes } from './processes.ts'

/** What a scene plays on. */
export interface Stage {
  readonly processes: Processes
  readonly observations: Observations
  readonly narrator: Narrator
  /** The administrator's connection, which looks and mints but takes no part. */
  readonly admin: MusterPeer
}

export type Scene = readonly [headline: string, play: (stage: Stage) => Promise<void>]

/** One demo: who plays, what is shown scene by scene, and what must really have been seen in the end. */
export interface Story {
  readonly title: string
  readonly parts: Readonly<Record<string, Part>>
  readonly scenes: readonly Scene[]
  /** What it promises to show. It succeeds only when each of these was seen. */
  readonly named: readonly string[]
  /** What to do after it. */
  readonly next: string
}
