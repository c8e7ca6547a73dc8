import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../client/cli/registry.ts'
import { muster } from './memory-environment.ts'

const NAMES = Object.keys(COMMANDS)

describe('muster', () => {
  it('alone lists every command and how to begin', async () => {
    const { exit, stdout, stderr } = await muster([])
    expect([exit, stderr]).toEqual([0, ''])
    for (const name of NAMES) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(stdout).toContain('muster up')
    expect(await muster(['--help'])).toEqual({ exit, stdout, stderr })
  })

  it.each(NAMES)('%s --help shows its use, its flags and an example', async (name) => {
    const { exit, stdout, stderr } = await muster([name, '--help'])
    expect([exit, stderr]).toEqual([0, ''])
    const { command } = await (COMMANDS[name] as (typeof COMMANDS)[string]).load()
    expect(stdout).toContain(`  muster ${name}`)
    for (const flag of Object.keys(command.flags)) expect(stdout).toContain(`--${flag}`)
    expect(stdout).toMatch(/Examples\n {2}\S.*#/)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(180)
    expect(await muster(['help', name])).toEqual({ exit, stdout, stderr })
  })

  it('says its version', async () => {
    expect((await muster(['--version'])).stdout).toMatch(/^muster \d+\.\d+\.\d+\n$/)
    expect(JSON.parse((await muster(['version', '--json'])).stdout)).toEqual({ v: 1, version: expect.stringMatching(/^\d/) })
  })

  it.each([
    [['statsu'], 'there is no command "statsu"', 'Did you mean muster status?'],
    [['spawn'], 'there is no command "spawn"', 'muster alone lists the commands.'],
    [['constructor'], 'there is no command "constructor"', 'muster alone lists the commands.'],
    [['--json', 'status'], 'unknown flag --json', 'The command comes first: muster <command> [flags].'],
    [['status', '--jsno'], 'unknown flag --jsno', 'Did you mean --json?'],
    [['ask'], '<to> is missing', 'Use: muster ask <to> <body>'],
    [['ask', 'bob'], 'the body is missing', 'Give it in quotes, with --file <path>, or with - to read stdin.'],
    [['ask', 'bob', 'x', '--one', '--all'], '--one and --all exclude each other', 'Say which of the two.'],
    [['ask', 'bob', 'x', '--no-wait', '--timeout', '5s'], '--timeout and --no-wait exclude each other', 'Say which of the two.'],
    [['ask', 'bob', 'x', '--deadline', 'soon'], '--deadline cannot be "soon"', 'Expected a duration like 15m or 24h, or a time like 2026-01-31T09:00:00Z.'],
    [['peers', 'shw', 'bob'], 'muster peers has no "shw"', 'Did you mean muster peers show?'],
    [['peers', 'bob'], 'muster peers has no "bob"', 'To see one peer: muster peers show bob'],
    [['peers', '--role', 'boss'], '--role cannot be "boss"', 'Expected one of: agent, orchestrator, service, person, observer.'],
    [['peers', 'rename', 'bob'], '<new name> is missing', 'Use: muster peers rename <peer> <new name>'],
    [['token', 'enroll'], 'muster token has no "enroll"', 'Did you mean muster token enrol?'],
    [['token', 'enrol', '--roles', 'person'], '--roles cannot contain "person"', 'Expected some of: agent, orchestrator, service, observer.'],
    [['inbox', '--peek', '--ack'], '--peek and --ack exclude each other', 'To look takes nothing, so there is nothing to ack.'],
    [['thread', '--cancel'], '<thread> is missing', 'Use: muster thread <thread> --cancel'],
    [['up', '--port', '99999'], '--port cannot be "99999"', 'Expected a whole number from 0 to 65535.'],
  ])('%j is refused before anything is done', async (args, message, hint) => {
    expect(await muster(args)).toEqual({ exit: 64, stdout: expect.stringMatching(/^$|^\{"v":1,"error"/), stderr: `muster: ${message}\nhint: ${hint}\n` })
  })

  it('never repeats a token that was given in place of an id', async () => {
    const { stderr } = await muster(['token', 'revoke', 'mp_secretsecretsecret'])
    expect(stderr).not.toContain('secret')
  })

  it('reports a failure as JSON where JSON was asked for, also of the command line itself', async () => {
    const { exit, stdout } = await muster(['peers', '--json'])
    expect(exit).toBe(3)
    expect(JSON.parse(stdout)).toEqual({ v: 1, error: { code: 'not_running', message: 'the daemon is not running', hint: 'muster up starts it.' } })
    expect(JSON.parse((await muster(['peers', '--json', '--nope'])).stdout)).toMatchObject({ v: 1, error: { code: 'usage' } })
    expect((await muster(['notify', 'bob', '--nope', '--', '--json'])).stdout).toBe('')
  })

  it('answers status and down where nothing runs', async () => {
    expect(await muster(['status'])).toEqual({ exit: 3, stdout: '', stderr: 'muster: the daemon is not running\nhint: muster up starts it.\n' })
    expect(await muster(['status', '--json'])).toEqual({ exit: 3, stdout: '{"v":1,"running":false}\n', stderr: '' })
    expect(await muster(['down'])).toEqual({ exit: 0, stdout: 'The daemon is not running.\n', stderr: '' })
    expect((await muster(['logs'])).exit).toBe(4)
  })

  it('keeps the tokens of its files from another daemon', async () => {
    const { exit, stderr } = await muster(['peers', '--url', 'http://203.0.113.1:6878'])
    expect(exit).toBe(77)
    expect(stderr).toContain('are not sent elsewhere')
  })

  it('writes escapes of its own only to a terminal that wants them', async () => {
    expect((await muster([], { tty: true })).stdout).toContain('\u001b[1m')
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) expect((await muster([], { tty: true, env })).stdout).not.toContain('\u001b')
    expect((await muster([], { tty: false })).stdout).not.toContain('\u001b')
  })
})
