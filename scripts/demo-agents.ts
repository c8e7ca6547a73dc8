// `npm start -- --demo agents`: two real agent programs work through Muster. They think with the scripted model of the tests, so it costs nothing and
// needs no account; daemon, homes and folders are of their own, and gone at the end. `MUSTER_AGENTS=codex,gemini` picks other two.
import { execFile } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { Narrator } from '../client/demo/narrator.ts'
import { Agent } from '../test/agents/support/agent.ts'
import { KINDS } from '../test/agents/support/kinds.ts'
import { type AgentName, agentProgram, chosenAgents, missingAgents, ROOT } from '../test/agents/support/programs.ts'
import { answering } from '../test/agents/support/steps.ts'
import type { Step } from '../test/support/scripted-model/script.ts'
import type { ModelRequest } from '../test/support/scripted-model/server.ts'

const run = promisify(execFile)
const MUSTER = join(ROOT, 'dist/client/cli/main.js')
const QUESTION = 'You own the parser: may a name begin with a digit?'
const ANSWER = 'Yes, since last week. The grammar is in docs/names.md.'

const narrator = new Narrator((text) => process.stdout.write(text))

interface Player {
  readonly name: AgentName
  readonly program: string
}

/** The programs of this machine, those that the tests are pinned to first. */
function players(): Player[] {
  const pinned = chosenAgents('claude', 'codex', 'gemini', 'opencode').map((name) => ({
    name,
    program: missingAgents([name]).length === 0 ? agentProgram(name) : onPath(name),
  }))
  return pinned.flatMap(({ name, program }) => (program === undefined ? [] : [{ name, program }])).slice(0, 2)
}

function onPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

const asking = (to: string): readonly Step[] => [
  { when: /kind=\\*"answer\\*"/, say: `My peer says: ${ANSWER}` },
  { call: 'boot' },
  { call: 'ask', input: { to, text: QUESTION, wait: 0 } },
  { say: 'Asked. I end my turn.' },
  { say: 'Nothing new.' },
]
const ANSWERER: readonly Step[] = [answering(ANSWER), { say: 'I am here.' }, { say: 'Answered.' }, { say: 'Answered.' }]

async function play([first, second]: readonly [Player, Player], home: string): Promise<void> {
  const muster = (...args: string[]) => run(process.execPath, [MUSTER, ...args], { env: { ...process.env, MUSTER_HOME: home, MUSTER_PORT: '0' } })
  await muster('up')
  narrator.line('daemon', 'is up')
  const open = async ({ name, program }: Player, project: string, steps: readonly Step[]) => {
    const agent = await Agent.start(KINDS[name], { program, project, steps, env: { MUSTER_HOME: home } })
    await agent.muster('install', name, '--yes')
    await agent.kind.afterInstall?.(agent.sandbox, program)
    narrator.line(name, `is a peer from now on (muster install ${name}), in the folder ${project}`)
    return agent
  }
  try {
    await using answerer = await open(second, 'parser', ANSWERER)
    await using asker = await open(first, 'web', asking(answerer.peerName))
    await converse(asker, answerer)
    narrator.headline('The roll:')
    narrator.title((await muster('peers')).stdout)
    for (const { sandbox } of [asker, answerer]) sandbox.remove()
  } finally {
    await muster('down')
  }
}

async function converse(asker: Agent, answerer: Agent): Promise<void> {
  for (const agent of [asker, answerer]) follow(agent)
  narrator.headline(`1. ${answerer.kind.name} starts, has a word, and is gone.`)
  const there = await turn(answerer, 'Hello.')
  narrator.headline(`2. ${asker.kind.name} asks it. Nobody is there, so it gets a ticket and ends its turn.`)
  const here = await turn(asker, 'May a name begin with a digit? Ask whoever owns the parser.')
  narrator.headline(`3. ${answerer.kind.name} comes back. The ask is put before its model together with the prompt; it answers.`)
  await turn(answerer, 'Go on.', there)
  narrator.headline(`4. ${asker.kind.name} comes back, and the answer is there.`)
  await turn(asker, 'And?', here)
}

async function turn(agent: Agent, prompt: string, resume?: string): Promise<string> {
  narrator.line('person', `to ${agent.kind.name}: ${prompt}`)
  const { said, session, ms } = await agent.turn(prompt, resume)
  narrator.line(agent.kind.name, `says: ${said} (${(ms / 1_000).toFixed(1)} s)`)
  narrator.flush()
  return session
}

/** Tells what the agent's model did, as it does it. */
function follow({ kind, model }: Agent): void {
  let told = 0
  const tell = ({ answer, bytes }: ModelRequest): void => {
    if (answer.kind === 'call') narrator.line(kind.name, `model, ${bytes} bytes: calls ${answer.tool.name} ${JSON.stringify(answer.input)}`)
  }
  model.watch(() => {
    for (const request of model.turns.slice(told)) tell(request)
    told = model.turns.length
  })
}

const [first, second] = players()
if (!first || !second) {
  console.error('The demo needs two agent programs. `node scripts/install-agents.mjs --only claude,codex` gets them, outside of this folder (765 MB).')
  process.exitCode = 1
} else {
  const home = mkdtempSync(join(tmpdir(), 'muster-demo-'))
  narrator.title(`Two agent programs, one daemon: ${first.name} and ${second.name}.\n`)
  try {
    await play([first, second], home)
  } finally {
    narrator.flush()
    rmSync(home, { recursive: true, force: true })
  }
}
