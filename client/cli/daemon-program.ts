import { fileURLToPath } from 'node:url'

/** What node is started with to run a program of the daemon, which is beside this file: compiled where this is compiled, through tsx where this is TypeScript. */
export function daemonProgram(name: 'bin' | 'offline'): string[] {
  const compiled = import.meta.url.endsWith('.js')
  const entry = fileURLToPath(new URL(`../../daemon/${name}.${compiled ? 'js' : 'ts'}`, import.meta.url))
  return compiled ? [entry] : ['--import', import.meta.resolve('tsx'), entry]
}
