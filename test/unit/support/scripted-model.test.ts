import { describe, expect, it } from 'vitest'
import { type Conversation, findTool, type OfferedTool } from '../../support/scripted-model/conversation.ts'
import { answerOf, type Script, type Step, stepFor } from '../../support/scripted-model/script.ts'
import { ScriptedModel } from '../../support/scripted-model/server.ts'

const TOOLS: readonly OfferedTool[] = [{ name: 'Bash' }, { name: 'mcp__muster__ask' }]

function conversation(turns: number, newest: string, tools = TOOLS): Conversation {
  return { turns, newest, texts: ['earlier thr_a1', newest], tools }
}

function answer(steps: readonly Step[], on: Conversation) {
  const script: Script = { steps }
  return answerOf(script, stepFor(script, on), on)
}

describe('a script', () => {
  it('plays one step for each answer that the model has given', () => {
    const steps = [{ say: 'a' }, { say: 'b' }]
    expect([0, 1, 2].map((turns) => answer(steps, conversation(turns, '')))).toEqual(['a', 'b', 'The script is over.'].map((text) => ({ kind: 'say', text })))
  })

  it('reacts first, and a reaction takes no place among the steps', () => {
    const steps = [{ when: /fire/, say: 'run' }, { say: 'a' }, { say: 'b' }]
    expect(answer(steps, conversation(1, 'there is fire'))).toEqual({ kind: 'say', text: 'run' })
    expect(answer(steps, conversation(1, 'all quiet'))).toEqual({ kind: 'say', text: 'b' })
  })

  it('fills in what came before', () => {
    expect(answer([{ call: 'ask', input: { thread: '{{/thr_\\w+/}}', n: 1 } }], conversation(0, 'thr_b2 it is'))).toMatchObject({
      input: { thread: 'thr_b2', n: 1 },
    })
    expect(answer([{ say: 'You said: {{newest}}' }], conversation(0, 'x'))).toEqual({ kind: 'say', text: 'You said: x' })
  })

  it('leaves requests without tools alone', () => {
    expect(stepFor({ steps: [{ say: 'a' }] }, conversation(0, '', []))).toBeUndefined()
    expect(answer([{ say: 'a' }], conversation(0, '', []))).toEqual({ kind: 'say', text: 'ok' })
  })

  it('fails the request where the tool is not on offer', () => {
    expect(answer([{ call: 'reply' }], conversation(0, ''))).toMatchObject({ kind: 'error', status: 400, message: expect.stringContaining('reply') })
  })
})

describe('the name of a tool', () => {
  it.each([
    [{ name: 'mcp__muster__ask' }],
    [{ name: 'mcp__plugin_muster_muster__ask' }],
    [{ name: 'ask', namespace: 'mcp__muster' }],
    [{ name: 'mcp_muster_ask' }],
    [{ name: 'muster_ask' }],
  ])('%o is ask of muster', (tool) => {
    expect(findTool([{ name: 'ask' }, tool], 'ask', 'muster')).toBe(tool)
  })

  it('is not taken for that of another server', () => {
    expect(findTool([{ name: 'mcp__other__ask' }, { name: 'ask', namespace: 'mcp__other' }], 'ask', 'muster')).toBeUndefined()
  })
})

describe('the server', () => {
  const post = (url: string, body: object) => fetch(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) })
  const request = { messages: [{ role: 'user', content: 'hi' }], tools: [{ type: 'function', function: { name: 'muster_ask' } }] }

  it('holds an answer until it is released, and counts bytes', async () => {
    await using model = await ScriptedModel.start([{ say: 'done', hold: 'gate' }])
    const answered = post(model.url, request)
    await model.holding('gate')
    expect(model.requests[0]?.bytes).toBe(JSON.stringify(request).length)
    model.release('gate')
    expect(await (await answered).json()).toMatchObject({ choices: [{ message: { content: 'done' } }] })
  })

  it('fails as told', async () => {
    await using model = await ScriptedModel.start([{ error: 529 }])
    expect((await post(model.url, request)).status).toBe(529)
    expect(model.turns).toHaveLength(1)
  })
})
