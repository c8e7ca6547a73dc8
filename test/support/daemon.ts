import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFailed } from 'vitest'
import { loadConfig } from '../../daemon/config.ts'
import { type Daemon, type DaemonOptions, startDaemon } from '../../daemon/main.ts'
import { ProcessRecord } from '../../daemon/services/record.ts'
import { SERVICE_NAMES } from '../../daemon/services/table.ts'
import { type MusterPaths, musterPaths } from '../../src/paths.ts'
import { ourProgram } from './our-program.ts'
import { WireClient } from './wire-client.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PATIENCE_MS = 20_000

/** A MUSTER_HOME of its own, deleted at the end unless the test failed. */
export class TestHome {
  readonly path = mkdtempSync(join(tmpdir(), 'muster-test-'))
  readonly paths: MusterPaths = musterPaths({ MUSTER_HOME: this.path }, '')
  #kept = false

  constructor() {
    onTestFailed(() => {
      this.#kept = true
      process.stderr.write(`kept for a look: ${this.path}\n`)
    })
  }

  token(kind: 'admin' | 'enrolment'): string {
    return readFileSync(kind === 'admin' ? this.paths.adminToken : this.paths.enrolmentToken, 'utf8').trim()
  }

  remove(): void {
    // The test's outcome is known only after the daemon is gone, so what is kept is decided by the hook above.
    if (!this.#kept) rmSync(this.path, { recursive: true, force: true })
  }
}

export interface TestDaemon extends AsyncDisposable {
  readonly daemon: Daemon
  readonly home: TestHome
  readonly url: string
  connect(token: string, hello?: { consume?: boolean; prefetch?: number }): Promise<WireClient>
  register(name: string): Promise<{ readonly id: string; readonly token: string }>
}

/** The real daemon in this process, on a free port and a database of its own. */
export async function createTestDaemon(overrides: Partial<DaemonOptions> & { readonly home?: TestHome } = {}): Promise<TestDaemon> {
  const { home = new TestHome(), ...rest } = overrides
  const quiet = () => undefined
  const daemon = await startDaemon({
    config: loadConfig({ MUSTER_HOME: home.path, MUSTER_PORT: '0' }, home.path),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    onFatal: quiet,
    ...rest,
  })
  return {
    daemon,
    home,
    url: daemon.url,
    connect: (token, hello) => WireClient.greet(daemon.url, token, hello),
    register: (name) => registerPeer(daemon.url, home.token('enrolment'), name),
    async [Symbol.asyncDispose]() {
      await daemon.stop()
      home.remove()
    },
  }
}

export async function registerPeer(url: string, enrolment: string, name: string): Promise<{ readonly id: string; readonly token: string }> {
  await using wire = await WireClient.greet(url, enrolment)
  const { peer, token } = await wire.call('peers.register', { name })
  return { id: peer.id, token }
}

/** A daemon in a process of its own, as `muster up` starts it, but from the sources. */
export class DaemonProcess implements AsyncDisposable {
  readonly child: ChildProcess
  readonly home: TestHome
  stdout = ''
  stderr = ''

  constructor(home: TestHome, env: Readonly<Record<string, string>> = {}) {
    this.home = home
    this.child = spawn(process.execPath, ourProgram('daemon/bin'), { cwd: ROOT, env: { ...process.env, MUSTER_HOME: home.path, MUSTER_PORT: '0', ...env } })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
  }

  /** Its address, once its log says that it is ready. */
  async url(): Promise<string> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    for (;;) {
      const line = this.stdout.split('\n').find((text) => text.includes('"msg":"ready"'))
      if (line) return (JSON.parse(line) as { url: string }).url
      if (this.child.exitCode !== null) throw new Error(`The daemon ended with ${this.child.exitCode}: ${this.stderr}${this.stdout}`)
      await Promise.race([once(this.child.stdout as NodeJS.ReadableStream, 'data', { signal }), once(this.child, 'exit', { signal })])
    }
  }

  /** Waits for its end, after a signal where one is given. */
  async end(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    const ended = this.child.exitCode === null && this.child.signalCode === null ? once(this.child, 'close') : undefined
    if (signal) this.child.kill(signal)
    await ended
    return { code: this.child.exitCode, signal: this.child.signalCode }
  }

  get hasDaemonFile(): boolean {
    return existsSync(this.home.paths.daemonFile)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
    // Killed while tsx still compiles a service, esbuild goes with the daemon and tsx waits for it for ever; what is built does not.
    for (const name of SERVICE_NAMES) new ProcessRecord(join(this.home.paths.state, 'services'), name).killLeftOver()
    this.home.remove()
  }
}
