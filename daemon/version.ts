import { readFileSync } from 'node:fs'

/** The nearest package.json upwards: one level in the sources, two in the build. */
export function packageVersion(): string {
  for (const up of ['..', '../..']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8')) as { name: string; version: string }
      if (name === 'muster') return version
    } catch {
      // Not at this level.
    }
  }
  return '0.0.0'
}
