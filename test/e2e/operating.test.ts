import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { buildOnce, cleanEnvironment, emptyFolder, ROOT, run } from './programs.ts'
import { blocksOf } from './readme.ts'

const MINUTES = 60_000

describe('whoever runs a node', () => {
  beforeAll(buildOnce)

  it(
    'runs each block of docs/operating.md verbatim, from install to restore and to another machine, and it works',
    async () => {
      const [home, muster] = [emptyFolder(), emptyFolder()]
      const env = cleanEnvironment({ HOME: home, MUSTER_HOME: muster, MUSTER_PORT: '0', npm_config_prefer_offline: 'true' })
      onTestFinished(async () => {
        for (const folder of [muster, join(home, 'rehearsal')]) {
          await run(process.execPath, ['dist/client/cli/main.js', 'down'], { env: { ...env, MUSTER_HOME: folder } })
        }
      })
      const blocks = blocksOf('docs/operating.md').filter(({ language }) => language === 'sh')
      const shell = async (pattern: RegExp): Promise<string> => {
        const text = blocks.shift()?.text ?? ''
        expect(text).toMatch(pattern)
        const { status, stdout, stderr } = await run('sh', ['-e', '-c', text], { cwd: ROOT, env })
        expect(status, `${text}\n${stdout}\n${stderr}`).toBe(0)
        return stdout
      }

      expect(await shell(/^npm start\n$/)).toContain('runs at http://127.0.0.1:')
      const looked = await shell(/^npx muster status\n/)
      expect(looked).toMatch(/^kept +events 30d, closed threads 90d/m)
      expect(looked).toMatch(/^storage +database \d/m)
      expect(looked).toMatch(/^backup +none yet/m)
      expect(looked).toContain('ready')

      await shell(/^npx muster inbox --as bob\n/)
      const checked = await shell(/^npx muster backup /)
      expect(checked).toContain(`${home}/muster-backups/first is whole`)
      expect(readdirSync(join(home, 'muster-backups/first')).sort()).toEqual(['manifest.json', 'muster.db'])

      const restored = await shell(/^npx muster notify bob .*\nnpx muster down\nnpx muster restore /)
      expect(restored).toMatch(/^Restored the backup of /m)
      expect(restored).toContain('Said before the backup')
      expect(restored).not.toContain('Said after the backup')
      expect(readdirSync(muster).filter((name) => name.startsWith('before-restore-'))).toHaveLength(1)

      expect(await shell(/^export MUSTER_HOME="\$HOME\/rehearsal"\n/)).toMatch(/^bob +agent /m)
      expect(existsSync(join(home, 'rehearsal/state/daemon.json'))).toBe(false)

      await shell(/^npx muster backup .*before-upgrade/)
      expect(await shell(/^npm start\n$/)).toContain('runs at')

      expect(await shell(/^npx muster down\nnpx muster backup /)).toContain(`${home}/muster-backups/moving`)
      expect(blocks).toEqual([])
    },
    10 * MINUTES,
  )

  it('finds there the exit statuses that the daemon ends with, and no other', () => {
    const listed = [...readFileSync(join(ROOT, 'docs/operating.md'), 'utf8').matchAll(/^\| (\d+) \|/gm)].map(([, status]) => Number(status))
    const named = /const EXIT = \{([^}]*)\}/.exec(readFileSync(join(ROOT, 'daemon/bin.ts'), 'utf8'))?.[1] ?? ''
    expect(listed).toEqual([0, 1, ...[...named.matchAll(/\d+/g)].map(([status]) => Number(status))])
  })
})
