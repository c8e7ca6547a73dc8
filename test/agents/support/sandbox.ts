import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { endProcesses } from './processes.ts'
import { ROOT } from './programs.ts'

/** A folder in which one agent lives: its HOME, the project it works on, and an environment that knows of nothing else. */
export class Sandbox implements AsyncDisposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'muster-agent-')))
  readonly home = join(this.folder, 'home')
  readonly work: string

  /**
   * @param project the name of the folder it works in
   * @param program the agent's program, which is on its PATH
   */
  constructor(project: string, program: string) {
    this.work = join(this.folder, project)
    for (const made of [this.home, this.work, join(this.folder, 'bin'), join(this.folder, 'tmp')]) mkdirSync(made)
    symlinkSync(program, join(this.folder, 'bin', basename(program)))
    symlinkSync(join(ROOT, 'dist/client/cli/main.js'), join(this.folder, 'bin', 'muster'))
  }

  /** Nothing of the environment of the tests but where programs are: no proxy, no key, no other agent's session. */
  get env(): Readonly<Record<string, string>> {
    const path = `${join(this.folder, 'bin')}:${process.env['PATH']}`
    return { PATH: path, HOME: this.home, TMPDIR: join(this.folder, 'tmp'), LANG: 'C.UTF-8', SHELL: '/bin/sh' }
  }

  /** Ends whatever still runs here. The folder stays, for a look at it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await endProcesses(this.folder)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
