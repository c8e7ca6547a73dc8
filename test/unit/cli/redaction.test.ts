import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createRedact, LOG_MESSAGES, REDACTED, redactLogLine } from '../../../client/cli/redaction.ts'
import { ROOT, readSources } from '../../architecture/project.ts'

const redact = createRedact(['known-secret-value'], '/home/ada')

describe('what is given away', () => {
  it.each([
    ['a known-secret-value in it', `a ${REDACTED} in it`],
    ['Authorization: Bearer abc.def', `Authorization: Bearer ${REDACTED}`],
    ['https://ada:pw@example.org/x', `https://${REDACTED}@example.org/x`],
    ['https://example.org/x?key=1&b=2', `https://example.org/x?${REDACTED}`],
    ['token=hunter2 and "password": "hunter2"', `token=${REDACTED} and "password": "${REDACTED}"`],
    ['mst_0123456789abcdefghjkmnpqrstvwx', REDACTED],
    ['/home/ada/.config', '~/.config'],
    ['msg_k7qm2x4f3 at 2026-01-31T12:00:00.000Z, 3.4 GB free', 'msg_k7qm2x4f3 at 2026-01-31T12:00:00.000Z, 3.4 GB free'],
  ])('%s', (text, safe) => {
    expect(redact(text)).toBe(safe)
  })
})

describe('a line of the log', () => {
  it('keeps what the daemon says of itself, of an error its kind and place, and nothing that may be of anybody else', () => {
    const stack = 'SyntaxError: Unexpected token in "WORDS"\n    at parse (/home/ada/x/daemon/a.ts:3:4)\n    at WORDS (WORDS)\n    at file:///b.js:1:2'
    const line = {
      level: 50,
      time: 1,
      pid: 2,
      msg: 'unexpected error',
      who: 'WORDS',
      client: 'WORDS',
      code: 'WORDS and more',
      err: { type: 'SyntaxError', message: 'WORDS', code: 'E1', stack, body: 'WORDS' },
    }
    const kept = redactLogLine(JSON.stringify(line))
    expect(kept).toEqual({
      level: 50,
      time: 1,
      pid: 2,
      msg: 'unexpected error',
      code: REDACTED,
      err: { type: 'SyntaxError', code: 'E1', at: ['a.ts:3:4', 'b.js:1:2'] },
    })
  })

  it.each(['not JSON: WORDS', '"WORDS"', '{"msg":"WORDS"}', '{"WORDS":1}', '[{"msg":"WORDS"}]'])('%s shows none of its words', (line) => {
    expect(JSON.stringify(redactLogLine(line))).not.toContain('WORDS')
  })

  it('is known by the sentences that the daemon writes, all of them', () => {
    const sources = readSources('daemon').map(({ path }) => readFileSync(join(ROOT, path), 'utf8'))
    const written = sources.flatMap((text) => [
      ...[...text.matchAll(/\blog\.(?:debug|info|warn|error|fatal)\((?:\{[^}]*\}, )?'([^']+)'/g)].map(([, message]) => message as string),
      ...[...text.matchAll(/msg: '([^']+)'/g)].map(([, message]) => message as string),
    ])
    const calls = sources.flatMap((text) => [...text.matchAll(/\blog\.(?:debug|info|warn|error|fatal)\(/g)])
    expect(written.length).toBe(calls.length + 1)
    expect([...new Set(written)].sort()).toEqual([...LOG_MESSAGES].sort())
  })
})
