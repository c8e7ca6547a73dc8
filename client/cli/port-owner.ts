import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { commandLine } from '../local/process-facts.ts'

/** The process that listens on a port. `pid` is `undefined` where it belongs to another user. */
export interface PortOwner {
  readonly pid: number | undefined
  readonly command: string | undefined
}

const LISTENING = '0A'

/** Who listens on a TCP port of this machine; `undefined` where nobody does or the system does not say. */
export async function findPortOwner(port: number, platform: NodeJS.Platform = process.platform): Promise<PortOwner | undefined> {
  return platform === 'linux' ? await ownerFromProc(port) : await ownerFromLsof(port)
}

/** `pid 4711 (node server.js)`, as far as it is known. */
export function describeOwner(owner: PortOwner | undefined): string {
  if (!owner) return 'another program'
  if (owner.pid === undefined) return "another user's program"
  return owner.command ? `pid ${owner.pid} (${owner.command})` : `pid ${owner.pid}`
}

/** The socket's inode from /proc/net/tcp, then the process that holds it open (proc_pid_net(5), proc_pid_fd(5)). */
async function ownerFromProc(port: number): Promise<PortOwner | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')))
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table, port)))
  if (inodes.size === 0) return undefined
  for (const entry of await readdir('/proc')) {
    if (/^\d+$/.test(entry) && (await holdsSocket(entry, inodes))) return { pid: Number(entry), command: commandLine(Number(entry)) }
  }
  return { pid: undefined, command: undefined }
}

/** Inodes of the sockets that listen on a port, from the text of /proc/net/tcp. */
export function listeningInodes(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENING && local?.endsWith(`:${wanted}`))
    .map((columns) => columns[9] ?? '')
}

async function holdsSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  // Another user's process, or one that has just ended, shows nothing.
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
    if (inode !== undefined && inodes.has(inode)) return true
  }
  return false
}

/** -F prints one field a line, each with its letter in front: p the pid, c the command. */
function ownerFromLsof(port: number): Promise<PortOwner | undefined> {
  return new Promise((resolve) => {
    execFile('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { timeout: 2_000 }, (_error, stdout) => resolve(parseLsof(stdout)))
  })
}

/** The first process in the output of `lsof -Fpc`. Nothing in it: lsof is missing, or nobody listens. */
export function parseLsof(output: string): PortOwner | undefined {
  const lines = output.split('\n')
  const pid = lines.find((line) => line.startsWith('p'))?.slice(1)
  return pid ? { pid: Number(pid), command: lines.find((line) => line.startsWith('c'))?.slice(1) || undefined } : undefined
}
