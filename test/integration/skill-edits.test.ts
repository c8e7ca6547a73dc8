import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lookAtCopies } from '../../client/skills/copies.ts'
import { RECORD_FILE } from '../../client/skills/copy-record.ts'
import type { ShippedSkill } from '../../client/skills/library.ts'
import { applySkillPlan, planSkillInstall, planSkillRemoval, type SkillPlan } from '../../client/skills/skill-plan.ts'

const NAME = 'muster-example'
const shipped = (version: number): ShippedSkill => ({
  name: NAME,
  description: '',
  folder: '',
  files: new Map([
    ['SKILL.md', `skill ${version}`],
    ['references/same.md', 'same'],
    [`references/of-${version}.md`, `reference ${version}`],
  ]),
})
const VERSIONS = { '1.0.0': shipped(1), '2.0.0': shipped(2) } as const
type Version = keyof typeof VERSIONS
const PATHS = ['SKILL.md', 'references/same.md', 'references/of-1.md', 'references/of-2.md', 'notes.md'] as const

type Step =
  | { readonly do: 'install' | 'uninstall'; readonly version: Version; readonly filesDone: number }
  | { readonly do: 'write' | 'delete'; readonly path: (typeof PATHS)[number] }
  | { readonly do: 'forget' }

const version = fc.constantFrom<Version>('1.0.0', '2.0.0')
const path = fc.constantFrom(...PATHS)
const step: fc.Arbitrary<Step> = fc.oneof(
  // So many files of the plan are done, then it breaks off.
  fc.record({ do: fc.constantFrom('install' as const, 'uninstall' as const), version, filesDone: fc.constantFrom(0, 1, 2, 3, 99) }),
  fc.record({ do: fc.constantFrom('write' as const, 'delete' as const), path }),
  fc.constant({ do: 'forget' as const }),
)

/** A folder in which Muster and a person work on the same skill. */
class Shared implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'muster-skill-edits-'))
  /** What the person has written and not taken back. */
  readonly own = new Map<string, string>()
  #written = 0

  at(name: string): string {
    return join(this.root, NAME, name)
  }

  async take(taken: Step): Promise<void> {
    if (taken.do === 'forget') rmSync(this.at(RECORD_FILE), { force: true })
    else if ('path' in taken) taken.do === 'delete' ? this.#delete(taken.path) : this.#write(taken.path)
    else await applySkillPlan(cutOff(await this.plan(taken.do, taken.version), taken.filesDone))
  }

  async look(of: Version) {
    return await lookAtCopies([VERSIONS[of]], [{ scope: 'user', folder: this.root, runtimes: ['claude'] }], of)
  }

  async plan(what: 'install' | 'uninstall', of: Version): Promise<SkillPlan> {
    const copies = await this.look(of)
    return what === 'install' ? await planSkillInstall(copies, of) : await planSkillRemoval(copies)
  }

  #write(name: string): void {
    this.#written += 1
    mkdirSync(dirname(this.at(name)), { recursive: true })
    writeFileSync(this.at(name), `mine ${this.#written}`)
    this.own.set(name, `mine ${this.#written}`)
  }

  #delete(name: string): void {
    rmSync(this.at(name), { force: true })
    this.own.delete(name)
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

function cutOff({ changes, ...rest }: SkillPlan, filesDone: number): SkillPlan {
  const whole = changes.every(({ files }) => files.length <= filesDone)
  return {
    ...rest,
    changes: changes.map((change) => ({ ...change, ...(whole ? {} : { action: 'update' as const }), files: change.files.slice(0, filesDone) })),
  }
}

describe('a skill that Muster and a person both change', () => {
  it('keeps every word of the person, whatever is installed, removed or broken off in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        using shared = new Shared()
        for (const taken of steps) {
          await shared.take(taken)
          for (const [name, text] of shared.own) expect(existsSync(shared.at(name)) && readFileSync(shared.at(name), 'utf8'), name).toBe(text)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('is brought up to date from wherever Muster alone broke off', async () => {
    const alone = fc.record({
      do: fc.constantFrom('install' as const, 'uninstall' as const),
      version: fc.constant<Version>('1.0.0'),
      filesDone: fc.constantFrom(0, 1, 2, 3, 99),
    })
    const later = fc.record({ do: fc.constant('install' as const), version: fc.constant<Version>('2.0.0'), filesDone: fc.constantFrom(0, 1, 2, 3, 99) })
    await fc.assert(
      fc.asyncProperty(fc.array(alone, { maxLength: 4 }), fc.array(later, { maxLength: 3 }), async (before, after) => {
        using shared = new Shared()
        for (const taken of [...before, ...after]) await shared.take(taken)
        await shared.take({ do: 'install', version: '2.0.0', filesDone: 99 })
        expect((await shared.look('2.0.0')).map(({ state }) => state)).toEqual(['current'])
      }),
      { numRuns: 100 },
    )
  })
})
