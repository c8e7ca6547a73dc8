import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ourProgram } from './our-program.ts'

export interface Told {
  readonly done?: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string }
}

/** Has the daemon's own program do what needs it stopped, on the files of a home. Resolves to the last thing that it says. */
export async function workOffline(home: string, what: 'backup' | 'restore', input: object): Promise<Told> {
  const child = spawn(process.execPath, [...ourProgram('daemon/offline'), what, JSON.stringify(input)], {
    env: { ...process.env, MUSTER_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await once(child, 'close')
  return JSON.parse(said.trim().split('\n').at(-1) ?? '{}') as Told
}
