import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findFile } from '../../../daemon/threads/index.ts'
import { MusterError } from '../../../src/errors.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

/** In two circles; the last reaches the other one, too. */
const CAST = [
  { name: 'ada', circle: 'main' },
  { name: 'bob', circle: 'main' },
  { name: 'cy', circle: 'main' },
  { name: 'wim', circle: 'web' },
  { name: 'boss', circle: 'main', role: 'orchestrator' },
] as const

type Member = CoreClient & { readonly id: string; readonly token: string }

const who = fc.nat(CAST.length - 1)
/** Indices into what there is by then, and so of things that the actor may not see. */
const anyOne = fc.nat(30)
const step = fc.oneof(
  fc.record({ do: fc.constant('upload' as const), who, text: fc.nat(3) }),
  fc.record({ do: fc.constant('ask' as const), who, to: who, file: anyOne }),
  fc.record({ do: fc.constant('notify' as const), who, to: fc.constantFrom('role:agent', 'ada', 'bob', 'cy', 'wim@web', 'boss'), file: anyOne }),
  fc.record({ do: fc.constant('reply' as const), who, thread: anyOne, file: anyOne }),
  fc.record({ do: fc.constant('answer' as const), who, thread: anyOne, file: anyOne }),
  fc.record({ do: fc.constant('redact' as const), who, message: anyOne }),
  fc.record({ do: fc.constant('grant' as const), add: fc.boolean(), circle: fc.constantFrom('main', 'web') }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** What one story has come to. */
class Story {
  readonly files: string[] = []
  readonly threads: string[] = []
  readonly messages: string[] = []
  readonly members: readonly Member[]
  readonly #daemon: TestCore

  constructor(daemon: TestCore) {
    this.#daemon = daemon
    this.members = CAST.map(({ name, ...options }) => daemon.join(name, options))
  }

  play(next: Step): void {
    try {
      this.#act(next)
    } catch (error) {
      // Most steps are refused: what they would touch may not be seen, or is not there.
      if (!(error instanceof MusterError)) throw error
    }
  }

  #act(next: Step): void {
    if (next.do === 'grant') {
      this.#daemon.admin.call(next.add ? 'grants.add' : 'grants.remove', { peer: 'boss', circle: next.circle })
      return
    }
    const member = this.members[next.who] as Member
    const attachments = 'file' in next && this.files.length > 0 ? { attachments: [this.files[next.file % this.files.length] as string] } : {}
    const thread = 'thread' in next ? (this.threads[next.thread % Math.max(1, this.threads.length)] ?? 'thr_000000zz') : ''
    switch (next.do) {
      case 'upload':
        return void this.files.push(this.#daemon.upload(member.token, `content ${next.text}`))
      case 'ask':
        return this.#sent(member, member.call('threads.ask', { to: (this.members[next.to] as Member).id, body: 'b', ...attachments }).sent)
      case 'notify':
        return this.#sent(
          member,
          member.call('threads.notify', { to: next.to, body: 'b', ...attachments, ...(next.to.startsWith('role:') && { select: 'all' as const }) }).sent,
        )
      case 'reply':
        return this.#sent(member, member.call('threads.reply', { thread, body: 'b', ...attachments }).sent)
      case 'answer':
        return this.#sent(member, [{ thread, message: member.call('threads.answer', { thread, body: 'b', ...attachments }).message }])
      case 'redact':
        return void member.call('threads.redact', { message: this.messages[next.message % Math.max(1, this.messages.length)] ?? '', reason: 'r' })
    }
  }

  #sent(member: Member, sent: readonly { readonly thread: string; readonly message: string }[]): void {
    for (const { thread, message } of sent) {
      this.threads.push(thread)
      this.messages.push(message)
      for (const { id } of member.call('threads.trace', { id: message }).message.attachments) this.files.push(id)
    }
  }

  /** The files that a member finds in the messages that it can read: what it may read, and all of it. */
  shownTo(member: Member): Set<string> {
    const shown = this.threads.flatMap((thread) => {
      try {
        return member.call('threads.get', { thread, limit: 200 }).messages.flatMap(({ attachments }) => attachments.map(({ id }) => id))
      } catch {
        return []
      }
    })
    return new Set([...shown, ...member.call('artifacts.list', { limit: 200 }).artifacts.map(({ id }) => id)])
  }

  mayRead(member: Member, id: string): boolean {
    const caller = this.#daemon.core.gateway.authenticate(member.token)
    if (!caller) throw new Error('no caller')
    try {
      return findFile(this.#daemon.core.store, caller, id) !== undefined
    } catch (error) {
      expect(error).toMatchObject({ code: 'not_found', details: { id } })
      return false
    }
  }
}

test('a file can be read by those, and only by those, who can read a message that carries it, and by its uploader', async () => {
  let allowed = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      using daemon = await TestCore.start()
      const story = new Story(daemon)
      for (const next of steps) story.play(next)
      for (const member of story.members) {
        const shown = story.shownTo(member)
        for (const id of new Set(story.files)) {
          const may = story.mayRead(member, id)
          expect([id, may]).toEqual([id, shown.has(id)])
          if (may) allowed += 1
          else refused += 1
        }
      }
      expect(daemon.errors).toEqual([])
    }),
    { numRuns: 60 },
  )
  expect(Math.min(allowed, refused)).toBeGreaterThan(100)
})
