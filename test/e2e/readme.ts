import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './programs.ts'

export interface Block {
  readonly language: string
  readonly text: string
}

/** The fenced blocks of the README, in order. */
export function readmeBlocks(): Block[] {
  return blocksOf('README.md')
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, body]) => ({ language: language ?? '', text: body ?? '' }))
}
