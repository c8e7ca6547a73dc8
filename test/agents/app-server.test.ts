import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { agentTest } from './support/agent-test.ts'
import { Crew } from './support/crew.ts'
import { chosenAgents } from './support/programs.ts'
import { RunnerProcess } from './support/runner.ts'
import { answering, answeringOwed, shell, timesShown } from './support/steps.ts'

const WITHIN_MS = 5_000
const QUESTION = 'What is six times seven?'

describe.each(chosenAgents('codex'))('%s, which muster run drives', (name) => {
  const isIdle = ({ turn, reach }: { readonly turn: string; readonly reach: string }) => turn === 'idle' && reach === 'push'

  agentTest([name], 'is asked while it is idle, and answers with the Muster tools, which nobody has installed', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agentAsItCame(name, { steps: [answering('42'), { say: 'Answered.' }] })
    const runner = await RunnerProcess.start(agent)
    await crew.until(agent, isIdle)
    await desk.notify(agent.peerName, 'Some day.', { priority: 'low' })
    expect(agent.model.requests).toEqual([])
    const askedAt = performance.now()
    const ask = await desk.cast(agent.peerName, QUESTION)
    const woken = await agent.model.turn(() => true)
    expect(woken.at - askedAt).toBeLessThan(WITHIN_MS)
    expect((await ask.result({ timeoutMs: WITHIN_MS })).body).toBe('42')
    await crew.until(agent, isIdle)
    expect(agent.model.turns.map(({ conversation }) => timesShown(QUESTION, conversation))).toEqual([1, 1])
    // Beside what counts as the words of its user, and not among them.
    expect(woken.conversation.texts.at(-1)).toBe(
      '[Muster, not a person] 2 messages wait for you. What is not shown with this comes with the Muster tool inbox.',
    )
    expect(await crew.delivered(ask.sent.message)).toMatchObject([{ state: 'acked', attempt: 1, failures: 0, seenAt: expect.any(String) }])
    expect((await crew.trace(ask.sent.message)).steps.map(({ step }) => step).slice(0, 4)).toEqual(['sent', 'queued', 'offered', 'seen'])
    expect((await crew.roll()).filter(({ runtime }) => runtime === 'codex')).toHaveLength(1)
    expect(await runner.interrupt()).toBe(0)
  })

  agentTest([name], 'is told what is urgent in the turn that runs, and the rest after it', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agentAsItCame(name, {
      steps: [{ ...shell(name, 'echo one'), hold: 'first' }, shell(name, 'echo two'), { say: 'Done.' }, { say: 'Read that, too.' }],
    })
    const runner = await RunnerProcess.start(agent, '--', 'Go.')
    await agent.model.holding('first')
    const normal = await desk.notify(agent.peerName, 'The coffee is ready.')
    const urgent = await desk.notify(agent.peerName, 'Stop the press.', { priority: 'urgent' })
    expect(await runner.heard('told', 2)).toMatchObject({ how: 'steered', messages: [urgent.sent[0]?.message] })
    // Codex has taken it, and its model has not been asked since.
    expect((await crew.trace(urgent.sent[0]?.message ?? '')).deliveries).toMatchObject([{ state: 'offered', seenAt: null }])
    agent.model.release('first')
    expect(await runner.heard('told', 3)).toMatchObject({ how: 'began', messages: [normal.sent[0]?.message] })
    await crew.until(agent, isIdle)
    const shown = (text: string) => agent.model.turns.map(({ conversation }) => timesShown(text, conversation))
    // Codex asks its model again where it is told something before an answer has begun.
    expect(shown('Stop the press.')).toEqual(agent.model.turns.map((_, index) => (index === 0 ? 0 : 1)))
    expect(shown('The coffee is ready.')).toEqual(agent.model.turns.map((_, index) => (index === agent.model.turns.length - 1 ? 1 : 0)))
    for (const { sent } of [urgent, normal]) {
      expect(await crew.delivered(sent[0]?.message ?? '')).toMatchObject([{ state: 'acked', attempt: 1, seenAt: expect.any(String) }])
    }
  })

  agentTest([name], 'goes on in the same thread when Codex is killed in a turn, and nothing is lost or doubled', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agentAsItCame(name, { steps: [answeringOwed('42'), { hold: 'thinking', say: 'Never said.' }, { say: 'Read.' }, { say: 'Done.' }] })
    const runner = await RunnerProcess.start(agent)
    const ask = await desk.cast(agent.peerName, QUESTION)
    await agent.model.holding('thinking')
    const urgent = await desk.notify(agent.peerName, 'Stop the press.', { priority: 'urgent' })
    const normal = await desk.notify(agent.peerName, 'The coffee is ready.')
    // Taken by Codex, which has not written it down yet.
    await runner.heard('told', 2)
    runner.killCodex()
    agent.model.release('thinking')
    expect((await runner.heard('back')).thread).toBe((await runner.heard('joined')).thread)
    expect((await ask.result({ timeoutMs: WITHIN_MS })).body).toBe('42')
    await crew.until(agent, isIdle)
    const last = agent.model.turns.at(-1)
    for (const text of ['Stop the press.', 'The coffee is ready.']) expect(last && timesShown(text, last.conversation)).toBe(1)
    expect(await crew.delivered(ask.sent.message)).toMatchObject([{ state: 'acked', attempt: 1 }])
    expect(await crew.delivered(urgent.sent[0]?.message ?? '')).toMatchObject([{ state: 'acked', attempt: 2, seenAt: expect.any(String) }])
    expect(await crew.delivered(normal.sent[0]?.message ?? '')).toMatchObject([{ state: 'acked', attempt: 1, seenAt: expect.any(String) }])
  })

  agentTest([name], 'goes on when the daemon is killed in a turn, and nothing is lost or doubled', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agentAsItCame(name, {
      steps: [answering('42'), { ...shell(name, 'echo one'), hold: 'first' }, { hold: 'down', say: 'Done.' }, { say: 'Read.' }, { say: 'Answered.' }],
    })
    const runner = await RunnerProcess.start(agent, '--', 'Go.')
    await agent.model.holding('first')
    const { sent } = await desk.notify(agent.peerName, 'The build is green.')
    await crew.killDaemon()
    await crew.restartDaemon()
    // The daemon that knows of no wake learns that the session works.
    const urgent = await desk.notify(agent.peerName, 'Stop the press.', { priority: 'urgent' })
    expect(await runner.heard('told', 2)).toMatchObject({ how: 'steered', messages: [urgent.sent[0]?.message] })
    agent.model.release('first')
    await agent.model.holding('down')
    await crew.killDaemon()
    agent.model.release('down')
    await runner.heard('turn', 2)
    await crew.restartDaemon()
    expect(await runner.heard('told', 3)).toMatchObject({ how: 'began', messages: [sent[0]?.message] })
    await crew.until(agent, isIdle)
    const ask = await desk.cast(agent.peerName, QUESTION)
    expect((await ask.result({ timeoutMs: WITHIN_MS })).body).toBe('42')
    const last = agent.model.turns.at(-1)
    for (const text of ['The build is green.', 'Stop the press.', QUESTION]) expect(last && timesShown(text, last.conversation)).toBe(1)
    for (const message of [sent[0]?.message, urgent.sent[0]?.message])
      expect(await crew.delivered(message ?? '')).toMatchObject([{ state: 'acked', failures: 0 }])
  })

  agentTest([name], 'ends in order with what it had in hand, which the next session in the folder is shown', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agentAsItCame(name, { steps: [{ hold: 'thinking', say: 'Never said.' }, { say: 'Read.' }] })
    const first = await RunnerProcess.start(agent, '--', 'Go.')
    await agent.model.holding('thinking')
    const { sent } = await desk.notify(agent.peerName, 'Stop the press.', { priority: 'urgent' })
    await first.heard('told', 2)
    expect(await first.interrupt()).toBe(0)
    expect(first.events.at(-1)).toMatchObject({ what: 'left', peer: agent.peerName })
    await crew.until(agent, ({ presence }) => presence === 'offline')
    agent.model.release('thinking')
    const second = await RunnerProcess.start(agent)
    expect((await second.heard('joined')).peer).toBe(agent.peerName)
    await second.heard('told')
    const read = await agent.model.turn(({ conversation }) => timesShown('Stop the press.', conversation) > 0)
    expect(timesShown('Stop the press.', read.conversation)).toBe(1)
    expect(await crew.delivered(sent[0]?.message ?? '')).toMatchObject([{ state: 'acked', attempt: 2, seenAt: expect.any(String) }])
  })

  agentTest([name], 'is the same peer in the same thread when it is resumed, also after a power cut', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agentAsItCame(name, { steps: [{ say: 'Ready.' }, { say: 'Read.' }] })
    const first = await RunnerProcess.start(agent, '--', 'Remember the word plum.')
    const { thread } = await first.heard('joined')
    await first.heard('turn', 2)
    await crew.until(agent, isIdle)
    await first.kill()
    await crew.until(agent, ({ presence }) => presence === 'offline')
    const { sent } = await desk.notify(agent.peerName, 'The build is green.')
    const second = await RunnerProcess.start(agent, '--resume', 'last')
    expect(await second.heard('joined')).toMatchObject({ thread, peer: agent.peerName })
    await second.heard('told')
    const { conversation } = await agent.model.turn(({ conversation: { turns } }) => turns === 1)
    expect([timesShown('plum', conversation), timesShown('The build is green.', conversation)]).toEqual([1, 1])
    expect(await crew.delivered(sent[0]?.message ?? '')).toMatchObject([{ state: 'acked', attempt: 1 }])
  })

  agentTest([name], 'is allowed nothing that it has to ask for', async () => {
    await using crew = await Crew.start()
    await crew.peer('desk')
    const asking = { call: 'exec_command', input: { cmd: 'touch ../made', sandbox_permissions: 'require_escalated', justification: 'It is needed.' } }
    const agent = await crew.agentAsItCame(name, { steps: [asking, { say: 'It was refused.' }] })
    const runner = await RunnerProcess.start(agent, '--', 'Go.')
    expect((await runner.heard('declined')).wanted).toContain('touch ../made')
    expect((await runner.heard('said')).text).toBe('It was refused.')
    await crew.until(agent, isIdle)
    expect(existsSync(join(agent.sandbox.folder, 'made'))).toBe(false)
  })

  agentTest([name], 'keeps one way to its model where Muster is installed as well', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agent(name, { steps: [answering('42'), { say: 'Answered.' }] })
    await RunnerProcess.start(agent)
    await crew.until(agent, isIdle)
    const ask = await desk.cast(agent.peerName, QUESTION)
    expect((await ask.result({ timeoutMs: 2 * WITHIN_MS })).body).toBe('42')
    await crew.until(agent, isIdle)
    expect(agent.model.turns.map(({ conversation }) => timesShown(QUESTION, conversation))).toEqual([1, 1])
    expect((await crew.roll()).filter(({ runtime }) => runtime === 'codex')).toHaveLength(1)
  })
})
