// Points the SOUL.md of a workspace from one persona to another and back, until it is killed: `soul-flipper.mjs <workspace> link|copy`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pointSoul, readSoul } from '../../client/personas/soul.ts'

const [, , workspace, as] = process.argv
const names = ['mentor', 'dispatcher']
const texts = names.map((name) => readFileSync(new URL(`../../personas/${name}/SOUL.md`, import.meta.url), 'utf8'))
const other = join(workspace, 'personas', 'dispatcher')
mkdirSync(other, { recursive: true })
if (!existsSync(join(other, 'SOUL.md'))) writeFileSync(join(other, 'SOUL.md'), texts[1])
for (let turn = 0; ; turn += 1) {
  await pointSoul(workspace, { persona: names[turn % 2], text: texts[turn % 2], as, before: await readSoul(workspace) })
  process.stdout.write('.\n')
}
