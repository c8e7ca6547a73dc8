import { findAgent } from '../../agents/agent-process.ts'
import { openDoor } from '../../agents/door.ts'
import { keyOfCall, processKey } from '../../agents/identity.ts'
import { readHookInput } from '../../agents/read-input.ts'
import { AgentSession } from '../../agents/session.ts'
import { logLine } from '../../agents/session-files.ts'
import { SessionLink } from '../../agents/session-link.ts'
import { waitForMail } from '../../agents/waiter.ts'
import { lookAtProcess } from '../../local/process-tree.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { cliVersion } from '../version.ts'
import { driverOf } from './hook.ts'

const INPUT_WITHIN_MS = 2_000

export const command: Command = {
  usage: ['wait --runtime <runtime>'],
  about: [
    'What an agent program runs in the background, to be woken: waits until there is mail that is worth it, takes it over, prints it on stderr',
    'and ends with 2. Of several for one session the newest stays; the others end with 0, as all do when the agent is gone.',
    'The session is that of the hook whose JSON is on stdin, or that of the process which started this.',
  ],
  flags: { runtime: { type: 'string', value: 'runtime', summary: 'The agent program (claude-code)' } },
  examples: [['muster wait --runtime claude-code', 'as a background hook (asyncRewake)']],
  run: wait,
}

async function wait({ flags, words, environment }: Invocation): Promise<number> {
  expectWords(words, [], 'wait --runtime <runtime>')
  const driver = driverOf(flags.text('runtime') ?? 'claude-code')
  const { env, paths, stdin, stderr, cwd, parentPid, now } = environment
  // A one-shot run of Claude Code does not end before its background hooks have.
  if (env['CLAUDE_CODE_SESSION_ATTENDED'] === '0') return EXIT.ok
  const door = openDoor(env, paths)
  const agent = findAgent(driver, parentPid(), lookAtProcess)
  if (!agent) return EXIT.ok
  const call = driver.readHook('start', await soon(readHookInput(stdin)))
  const key = keyOfCall(door, driver, env, call, agent) ?? processKey(agent)
  const session = new AgentSession({ door, driver, key, env, cwd: call.cwd ?? cwd(), agent, client: `muster-wait/${cliVersion()}` })
  const link = new SessionLink(session)
  try {
    const mail = await waitForMail({ link, agent, look: lookAtProcess })
    if (mail === undefined) return EXIT.ok
    stderr.write(`${mail}\n`)
    return EXIT.woken
  } catch (error) {
    // It stands beside the work of a person, who did not ask for it.
    logLine(session.files.log, `wait: ${error}`, new Date(now()))
    return EXIT.ok
  } finally {
    void link.close()
    environment.endSoon?.()
  }
}

/** Who starts this by hand may leave stdin open. */
async function soon(input: Promise<Readonly<Record<string, unknown>>>): Promise<Readonly<Record<string, unknown>>> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Readonly<Record<string, unknown>>>((resolve) => {
    timer = setTimeout(() => resolve({}), INPUT_WITHIN_MS)
  })
  return await Promise.race([input, late]).finally(() => clearTimeout(timer))
}
