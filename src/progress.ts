import type { Progress } from './contract/index.ts'

/** How far somebody is, as it is written in one line: `3/5 Creating middleware`, `3/5`, or what is being done. */
export function readProgress(text: string): Progress {
  const [, done, of, step = ''] = /^\s*(\d{1,7})\s*\/\s*(\d{1,7})(?:[\s:,–-]+(.*))?$/su.exec(text) ?? []
  if (done === undefined) return { step: text.trim() }
  return { done: Number(done), of: Number(of), ...(step.trim() !== '' && { step: step.trim() }) }
}
