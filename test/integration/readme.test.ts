import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../e2e/programs.ts'
import { readmeBlocks } from '../e2e/readme.ts'

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')

describe('the README', () => {
  it('shows the peer of examples/librarian.ts verbatim, in at most 40 lines', () => {
    const shown = readmeBlocks().filter(({ language }) => language === 'ts')
    expect(shown.map(({ text }) => text)).toEqual([readFileSync(join(ROOT, 'examples/librarian.ts'), 'utf8')])
    expect(shown[0]?.text.trimEnd().split('\n').length).toBeLessThanOrEqual(40)
  })

  it('is short', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(150)
  })

  it('links to files that there are, and names folders that there are', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)].map(([, target]) => target as string).filter((target) => !/^https?:/.test(target))
    expect(links.length).toBeGreaterThan(4)
    const folders = [...readme.matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, folder]) => folder as string)
    expect(folders.length).toBeGreaterThan(5)
    expect([...links, ...folders].filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it('names only commands that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
    for (const [, name] of readme.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(name)
    expect(scripts['start']).toBeDefined()
    expect(scripts['test']).toBeDefined()
  })
})
