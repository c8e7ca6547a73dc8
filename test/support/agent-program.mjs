// Stands where an agent program stands: the parent of hooks, waiters and a bridge. It decides nothing. Started under the name of a real one
// (`node <folder>/claude <socket> <command…>`), it runs the command with its own standard streams, and on each connection to the socket one more
// command: a line of JSON {args, stdin, env} in, lines {pid} and {exit, stdout, stderr} out. Without args: the pid of its own command.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

const [socket, ...command] = process.argv.slice(2)

createServer((connection) => {
  connection.on('error', () => undefined)
  createInterface({ input: connection }).once('line', (line) => {
    const { args, stdin, env } = JSON.parse(line)
    if (!args) return connection.end(`${JSON.stringify({ pid: own?.pid })}\n`)
    const child = spawn(args[0], args.slice(1), { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    const written = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (written[name] += text))
    child.stdin.on('error', () => undefined)
    if (stdin !== null) child.stdin.end(stdin)
    connection.write(`${JSON.stringify({ pid: child.pid })}\n`)
    child.on('close', (exit) => connection.end(`${JSON.stringify({ exit, ...written })}\n`))
  })
}).listen(socket)

const own = command.length > 0 ? spawn(command[0], command.slice(1), { stdio: 'inherit' }) : undefined
// An agent that has lost its bridge has nothing more to do here.
own?.on('exit', () => process.exit())
// Nor has one that the tests have left behind.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) process.exit()
}, 1_000)
