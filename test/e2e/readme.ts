import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './programs.ts'

export interface Block {
  readonly language: string
  readonly text: string
}

/** The fenced blocks of the README, in order. */
export function readmeBlocks(): Block[] {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8')
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, body]) => ({ language: language ?? '', text: body ?? '' }))
}
