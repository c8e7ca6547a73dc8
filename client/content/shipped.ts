import { fileURLToPath } from 'node:url'

/** The package's root: two folders up in the sources, three in what is built. */
const ROOT = import.meta.url.endsWith('.js') ? '../../../' : '../../'

/** Where this Muster has the personas, the skills or the templates that come with it. */
export function shippedFolder(kind: 'personas' | 'skills' | 'templates'): string {
  return fileURLToPath(new URL(`${ROOT}${kind}`, import.meta.url))
}
