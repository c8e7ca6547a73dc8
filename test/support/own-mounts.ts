import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** The folder of the data, which the commands of the set-up name `$DATA`. */
const START = (setUp: string) => `${setUp} && exec "$NODE" --import tsx "$BIN"`

/** Why a process cannot have mounts of its own here; `undefined` where it can. */
export function whyNoMounts(): string | undefined {
  try {
    execFileSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'this user may not mount anything, not even in a namespace of its own (unshare -rm)'
  }
}

/** A daemon that sees its data folder on a disk of its own: small, full, or one that cannot be written. Nobody else sees it. */
export class MountedDaemon implements AsyncDisposable {
  readonly child: ChildProcess
  readonly data: string
  output = ''
  readonly #home: string

  constructor(home: string, setUp: string) {
    this.#home = home
    this.data = join(home, 'data/muster')
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      XDG_DATA_HOME: join(home, 'data'),
      XDG_STATE_HOME: join(home, 'state'),
      XDG_CONFIG_HOME: join(home, 'config'),
      MUSTER_PORT: '0',
      DATA: this.data,
      NODE: process.execPath,
      BIN: join(ROOT, 'daemon/bin.ts'),
    }
    this.child = spawn('unshare', ['-rm', 'sh', '-c', START(setUp)], { cwd: ROOT, env })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
  }

  /** Where this process finds what the daemon sees as its data folder. */
  get seen(): string {
    return `/proc/${this.child.pid}/root${this.data}`
  }

  token(name: 'admin' | 'enrolment'): string {
    return join(this.#home, `state/muster/${name}.token`)
  }

  get url(): string | undefined {
    return /"url":"([^"]+)"[^\n]*"msg":"ready"/.exec(this.output)?.[1]
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close')
    return this.child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended()
  }
}
