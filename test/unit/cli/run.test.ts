import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../client/cli/registry.ts'
import { muster } from './memory-environment.ts'

const NAMES = Object.keys(COMMANDS)

describe('muster', () => {
  it('alone says that the daemon is not running, and what to do', async () => {
    const said = { exit: 3, stdout: 'The daemon is not running.\n', stderr: 'Next: muster up starts it; muster help lists the commands.\n' }
    expect(await muster([])).toEqual(said)
    expect(await muster(['overview'])).toEqual(said)
    expect(await muster(['--json'])).toEqual({ exit: 3, stdout: '{"v":1,"running":false,"needs":[]}\n', stderr: '' })
  })

  it('help lists every command and how to begin', async () => {
    const { exit, stdout, stderr } = await muster(['help'])
    expect([exit, stderr]).toEqual([0, ''])
    for (const name of NAMES) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(stdout).toContain('muster up')
    for (const word of ['--help', '-h']) expect(await muster([word])).toEqual({ exit, stdout, stderr })
  })

  it.each(NAMES)('%s --help shows its use, its flags and an example', async (name) => {
    const { exit, stdout, stderr } = await muster([name, '--help'])
    expect([exit, stderr]).toEqual([0, ''])
    const { command } = await (COMMANDS[name] as (typeof COMMANDS)[string]).load()
    expect(stdout).toContain(`  muster ${name}`)
    for (const flag of Object.keys(command.flags)) expect(stdout).toContain(`--${flag}`)
    expect(stdout).toMatch(/Examples\n {2}\S/)
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    expect(await muster(['help', name])).toEqual({ exit, stdout, stderr })
  })

  it('says its version', async () => {
    expect((await muster(['--version'])).stdout).toMatch(/^muster \d+\.\d+\.\d+\n$/)
    expect(JSON.parse((await muster(['version', '--json'])).stdout)).toEqual({ v: 1, version: expect.stringMatching(/^\d/) })
  })

  it.each([
    [['statsu'], 'there is no command "statsu"', 'Did you mean muster status?'],
    [['spawn'], 'there is no command "spawn"', 'muster help lists the commands.'],
    [['constructor'], 'there is no command "constructor"', 'muster help lists the commands.'],
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
    [['peers', 'show', 'bob', '--role', 'agent'], '--role does not go with this', 'Use: muster peers show <peer>'],
    [['dead', 'replya'], 'muster dead has no "replya"', 'Did you mean muster dead replay?'],
    [['dead', 'replay'], 'which dead letters?', 'Give the id of one, --all, or a choice such as --of <peer>; muster dead lists them.'],
    [['dead', 'discard', 'bob'], '"bob" is no id of a delivery', 'Expected one like dlv_k7qm2x4.'],
    [['dead', 'discard', 'dlv_k7qm2x4', '--of', 'bob'], 'an id and a choice of many exclude each other', 'Use: muster dead discard dlv_k7qm2x4'],
    [['dead', 'replay', '--all', '--of', 'bob'], '--all and a choice exclude each other', 'Say which of the two.'],
    [['dead', '--kind', 'answer'], '--kind cannot be "answer"', 'Expected one of: ask, notify.'],
    [['circles', 'members'], '<circle> is missing', 'Use: muster circles members <circle> [--limit <count>] [--after <peer id>]'],
    [['grants', 'give', 'bob'], '<circle> is missing', 'Use: muster grants give <peer> <circle> [--observe]'],
    [['pairs', 'release', 'ann'], '<other peer> is missing', 'Use: muster pairs release <peer> <other peer>'],
    [['redact', 'thr_k7qm2x1', 'x'], '"thr_k7qm2x1" is no id of a message', 'Expected one like msg_k7qm2x4.'],
    [['config', 'get', 'prot'], 'there is no setting "prot"', 'Did you mean port?'],
    [['config', 'set', 'port', '99999'], 'port cannot be "99999"', 'Expected a whole number from 0 to 65535.'],
    [['config', 'set', 'token', 'mp_secret'], 'token is kept in no file', 'Put it into MUSTER_TOKEN.'],
    [['config', 'set', 'url', 'http://u:pw@h'], 'url cannot be this', 'Expected a URL without a credential, like http://127.0.0.1:6878.'],
    [['config', 'set', 'port', '1', '--project'], 'port is no setting of a project', 'It is one of this user only, without --project.'],
    [['completion', 'bsh'], 'there is no completion for "bsh"', 'Did you mean muster completion bash?'],
    [['completion'], '<shell> is missing', 'Use: muster completion bash|zsh|fish'],
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
    const isColoured = async (env: Readonly<Record<string, string>>, tty: boolean) => (await muster(['help'], { tty, env })).stdout.includes('\u001b[1m')
    for (const env of [{}, { NO_COLOR: '' }, { FORCE_COLOR: '1', NO_COLOR: '1' }]) expect(await isColoured(env, true), JSON.stringify(env)).toBe(true)
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }, { FORCE_COLOR: '0' }]) expect(await isColoured(env, true), JSON.stringify(env)).toBe(false)
    for (const env of [{ FORCE_COLOR: '1' }, { FORCE_COLOR: '3', TERM: 'dumb' }]) expect(await isColoured(env, false), JSON.stringify(env)).toBe(true)
    expect(await isColoured({}, false)).toBe(false)
    const forced = { tty: true, env: { FORCE_COLOR: '1' } }
    for (const args of [['config'], ['overview'], ['status'], ['peers', '--nope']])
      expect((await muster([...args, '--json'], forced)).stdout).not.toContain('\u001b')
  })
})
