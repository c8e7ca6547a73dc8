import { readFileSync } from 'node:fs'

/** Of the package this file belongs to: two folders up in the sources, three in what is built. */
export function cliVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    const version = versionIn(new URL(path, import.meta.url))
    if (version) return version
  }
  return 'unknown'
}

function versionIn(file: URL): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown; version?: unknown }
    return name === 'muster' && typeof version === 'string' ? version : undefined
  } catch {
    // Not there, or not a package: the next place may have it.
    return undefined
  }
}
