/** A service as the daemon starts one, whose first line says how it behaves. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { readFirstLine } from '../../client/services/first-line.ts'

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
let behaviour = ''
const line = await readFirstLine(process.stdin, () => {
  if (behaviour !== 'clings') process.exit(0)
})
const told = JSON.parse(line ?? '{}') as { readonly behaviour: string; readonly token: string }
behaviour = told.behaviour

if (behaviour === 'ends') process.exit(3)
if (behaviour === 'clings') {
  process.on('SIGTERM', () => undefined)
  const child = spawn('sleep', ['600'], { stdio: 'inherit' })
  writeFileSync('child', String(child.pid))
}
say({ level: 'info', says: 'at work' })
say({ ready: true })
say({ parts: [{ name: 'p', state: 'failing', says: `told ${told.token}`, at: '2026-01-01T00:00:00.000Z' }] })
setInterval(() => undefined, 60_000)
