import type { Splice } from './splices.ts'

/** Something of Muster's that a file holds. */
export interface Found {
  readonly kind: 'server' | 'hook' | 'plugin'
  /** Where in the file, for people: `hooks.Stop`. */
  readonly where: string
  /** The command line that it runs; '' for a plugin. */
  readonly command: string
}

/** The containers that an edit made, each as its keys from the root. Emptied again, they go too. */
export type Made = readonly (readonly string[])[]

export interface Added {
  readonly text: string
  /** What turns the text back into what it was. */
  readonly undo: readonly Splice[]
  readonly made: Made
}

/** What belongs into one file, and how it gets in and out again. */
export interface Editor {
  readonly path: string
  /** The whole file is Muster's, whether or not a record says who made it. */
  readonly ownsFile?: boolean
  /** What is there of Muster's, whoever of its versions wrote it. @throws InstallError where the file cannot be edited safely */
  find(text: string): Promise<readonly Found[]>
  /** Whether exactly what belongs there is there. */
  holds(text: string): Promise<boolean>
  /** The text without anything of Muster's; `made` where it is known, otherwise whatever this empties goes too. */
  remove(text: string, made: Made | undefined): Promise<string>
  /** Adds what belongs there to a text without it; without a text, makes one. @throws InstallError `config_taken` */
  add(text: string | undefined): Promise<Added>
  /** Whether nothing is left in a file that `add` made. */
  isEmpty(text: string): boolean
}
