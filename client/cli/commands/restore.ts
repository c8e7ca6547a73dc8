import { resolve } from 'node:path'
import type { Output as Result } from '../../../src/contract/index.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { workOffline } from '../offline-work.ts'
import type { Output } from '../output.ts'
import { progressLine } from '../progress-line.ts'
import { byteSize, plural } from '../text.ts'
import { relativeTime } from '../when.ts'

interface Restored extends Omit<Result<'node.backup'>, 'removed' | 'incarnation'> {
  readonly incarnation: string | null
  readonly before: string | null
  readonly ended: number
  readonly unreadable: boolean
}

export const command: Command = {
  usage: ['restore <backup> [--dry-run]'],
  about: [
    'Puts a backup in the place of the data of this node, with the daemon stopped. The backup is checked first, file by file; what was there',
    'is moved aside, not deleted. Credentials work as before, but those that were revoked since stay revoked. What was accepted after the',
    'backup is gone, and its ids mean nothing any more; ids of before stay as they are.',
  ],
  flags: { 'dry-run': { type: 'boolean', summary: 'Only check the backup; the daemon may run' } },
  examples: [
    ['muster down && muster restore ~/backups/before-upgrade && muster up', 'go back'],
    ['muster restore --dry-run ~/backups/before-upgrade', 'is it whole?'],
  ],
  run: restore,
}

async function restore({ flags, words, out, environment }: Invocation): Promise<number> {
  expectWords(words, ['backup'], 'restore <backup> [flags]')
  const input = { path: resolve(environment.cwd(), words[0] ?? ''), dryRun: flags.on('dry-run') }
  const line = progressLine(environment, out.json)
  const restored = await workOffline<Restored>(environment, 'restore', input, ({ phase }) => line.show(phase)).finally(line.end)
  if (out.json) out.document({ ...restored })
  else show(out, restored, input.dryRun)
  return EXIT.ok
}

function show(out: Output, { path, createdAt, bytes, artifacts, before, ended, unreadable }: Restored, dryRun: boolean): void {
  const what = `the backup of ${createdAt} (${relativeTime(createdAt, out.now)}, ${byteSize(bytes)}, ${plural(artifacts, 'artifact')})`
  if (dryRun) {
    out.line(`${path} is whole: ${what}.`)
    return
  }
  out.line(`Restored ${what}.`)
  if (before) out.note(`What was there is in ${before}; delete it when you are sure.`)
  if (ended > 0) out.note(`${plural(ended, 'credential')} revoked since the backup stayed revoked.`)
  if (unreadable) out.note('What was there could not be read, so credentials revoked since the backup are valid again: muster token list.')
  out.note('Next: muster up')
}
