import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSameCommit, mayLinkRequests, pullRequestKey, pullRequestsIn, readPullRequest, readRepository } from '../../../src/review-subjects.ts'

describe('the link of a pull or merge request', () => {
  it.each([
    ['https://github.com/o/r/pull/7', 'pr:github.com/o/r#7'],
    ['http://GITHUB.com/O/R.js/pull/7/commits/abc?x=1#y', 'pr:github.com/o/r.js#7'],
    ['https://ghe.example:8443/o/r/pull/12/', 'pr:ghe.example:8443/o/r#12'],
    ['https://gitlab.com/a/b/c/-/merge_requests/3/diffs', 'pr:gitlab.com/a/b/c#3'],
    ['https://gitlab.com/a/b/merge_requests/3', 'pr:gitlab.com/a/b#3'],
  ])('%s is known as %s', (link, key) => {
    const request = readPullRequest(link)
    expect(request && pullRequestKey(request)).toBe(key)
    expect(readPullRequest(request?.url ?? '')).toEqual(request)
  })

  it.each([
    'https://github.com/o/r/pulls/7',
    'https://github.com/o/r/pull/7x',
    'https://github.com/o/r/issues/7',
    'https://user:token@github.com/o/r/pull/7',
    'javascript://github.com/o/r/pull/7',
    'https://github.com/o/pull/7',
    'https://github.com/o/r/pull/99999999999',
    'github.com/o/r/pull/7',
    '',
  ])('is not %s', (link) => expect(readPullRequest(link)).toBeUndefined())

  it('is found in a text, each once and in order, whatever stands around it', () => {
    const text =
      '(https://github.com/o/r/pull/2), [x](https://github.com/o/r/pull/1). <https://GitHub.com/O/R/pull/2/files> `https://g.example/a/b/-/merge_requests/9`!'
    expect(pullRequestsIn(text, 8).map(({ host, number }) => `${host} ${number}`)).toEqual(['github.com 2', 'github.com 1', 'g.example 9'])
    expect(pullRequestsIn(text, 2)).toHaveLength(2)
  })

  it('is not found behind a user and a password', () => {
    expect(pullRequestsIn('https://me:secret@github.com/o/r/pull/2', 8)).toEqual([])
  })

  it('is looked for in no more time than the text is long', () => {
    const hostile = [
      `https://${'a.'.repeat(60_000)}/pull/`,
      `https://a/${'b/'.repeat(120_000)}pull/`,
      'https://a/b/c/pull/'.repeat(13_000),
      `${'https://a/'.repeat(25_000)}/pull/1`,
    ]
    for (const text of hostile) {
      const began = performance.now()
      expect(mayLinkRequests(text)).toBe(true)
      pullRequestsIn(text, 8)
      expect(performance.now() - began, text.slice(0, 40)).toBeLessThan(500)
    }
  })

  it('is read from anything without a fault', () => {
    fc.assert(fc.property(fc.string(), (text) => void [readPullRequest(text), pullRequestsIn(text, 8), readRepository(text)]))
  })
})

describe('a repository', () => {
  it.each([
    ['git@github.com:Crew/Ship.git', 'github.com/crew/ship'],
    ['ssh://git@github.com:22/crew/ship', 'github.com/crew/ship'],
    ['ssh://git@host.example:2222/crew/ship.git/', 'host.example:2222/crew/ship'],
    ['https://user:secret@host.example/crew/ship.git', 'host.example/crew/ship'],
    ['git://host.example/ship', 'host.example/ship'],
    ['host.example/crew/ship', 'host.example/crew/ship'],
    ['/srv/Ship/.git', '/srv/Ship'],
    ['/srv/Ship/', '/srv/Ship'],
    ['C:\\Work\\Ship', 'C:/Work/Ship'],
  ])('%s is %s, and stays that', (text, identity) => {
    expect(readRepository(text)).toBe(identity)
    expect(readRepository(identity)).toBe(identity)
  })

  it.each(['ship', '../ship', '', '/', 'https://host.example/', 'host.example/a b'])('is not %j', (text) => expect(readRepository(text)).toBeUndefined())
})

it('commits are the same where one begins with the other', () => {
  expect(isSameCommit('abcdef0', 'abcdef0123')).toBe(true)
  expect(isSameCommit('abcdef1', 'abcdef0123')).toBe(false)
})
