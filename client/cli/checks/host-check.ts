import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Check, Finding } from './check.ts'
import { sizeText } from './size-text.ts'

/** What `engines` of package.json asks for. */
const NEEDED_NODE = [20, 19] as const
const LITTLE_SPACE_BYTES = 1_000_000_000
const NO_SPACE_BYTES = 100_000_000

/** The magic numbers of statfs(2) for file systems whose locks and shared memory SQLite cannot trust. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB2'],
  [0xff534d42, 'CIFS'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x47504653, 'GPFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
])
/** What may be a network file system behind another one. */
const UNCERTAIN: ReadonlyMap<number, string> = new Map([
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
])

/** This machine: its Node, and the disks that Muster's files are on. */
export const hostCheck: Check = {
  async run({ environment: { paths } }) {
    // Where both are on one disk, once.
    const folders = new Map([paths.state, paths.data].map((folder) => [statSync(nearestFolder(folder)).dev, folder]))
    return [nodeFinding(process.versions.node), ...[...folders.values()].flatMap((folder) => diskFindings(folder))]
  },
}

export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isEnough = major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1])
  const about = { subject: 'host', check: 'node', facts: { version } }
  if (isEnough) return { ...about, state: 'ok', says: `Node ${version}` }
  return { ...about, state: 'fail', says: `Node ${version} is too old`, hint: `Muster needs Node ${NEEDED_NODE.join('.')} or newer.` }
}

function diskFindings(folder: string): readonly Finding[] {
  const { bavail, bsize, blocks, type, files, ffree } = statfsSync(nearestFolder(folder))
  return [
    spaceFinding({ folder, freeBytes: bavail * bsize, totalBytes: blocks * bsize, noFilesLeft: files > 0 && ffree === 0 }),
    fileSystemFinding(folder, type, process.platform),
  ]
}

export interface Space {
  readonly folder: string
  readonly freeBytes: number
  readonly totalBytes: number
  /** No inode is left: as good as full. */
  readonly noFilesLeft: boolean
}

export function spaceFinding({ folder, freeBytes, totalBytes, noFilesLeft }: Space): Finding {
  const says = noFilesLeft ? `no file can be made any more in ${folder}` : `${sizeText(freeBytes)} free of ${sizeText(totalBytes)} for ${folder}`
  const about = { subject: 'host', check: 'disk', says, facts: { folder, freeBytes, totalBytes } }
  if (freeBytes >= LITTLE_SPACE_BYTES && !noFilesLeft) return { ...about, state: 'ok' }
  const hint = 'On a full disk the daemon refuses whatever writes, and loses nothing; free some space.'
  return { ...about, state: freeBytes < NO_SPACE_BYTES || noFilesLeft ? 'fail' : 'warn', hint }
}

export function fileSystemFinding(folder: string, type: number, platform: NodeJS.Platform): Finding {
  const about = { subject: 'host', check: 'file system', facts: { folder, type: `0x${type.toString(16)}` } }
  if (platform !== 'linux') return { ...about, state: 'off', says: `${platform} does not tell which one ${folder} is on` }
  const hint = 'SQLite cannot rely on its locks there. Put MUSTER_HOME, or XDG_DATA_HOME and XDG_STATE_HOME, on a disk of this machine.'
  const network = NETWORK.get(type)
  if (network) return { ...about, state: 'fail', says: `${folder} is on a network file system (${network})`, hint }
  const uncertain = UNCERTAIN.get(type)
  if (uncertain) return { ...about, state: 'warn', says: `${folder} is on ${uncertain}, which may lead to another machine`, hint }
  return { ...about, state: 'ok', says: `${folder} is on this machine` }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder))
}
