import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Output as Result } from '../../../src/contract/index.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { findDaemon } from '../daemon-search.ts'
import { EXIT } from '../exit-codes.ts'
import { type Progress, workOffline } from '../offline-work.ts'
import { openReader } from '../open-caller.ts'
import { progressLine } from '../progress-line.ts'
import { byteSize, plural } from '../text.ts'

type Backup = Result<'node.backup'>

const MAX_KEPT = 1_000
const LOOK_EVERY_MS = 500

export const command: Command = {
  usage: ['backup <folder> [--force]', 'backup <folder> --keep <count>'],
  about: [
    'Copies the node into a folder: its database as it is at this moment, the artifacts, and a manifest with the hash of each file.',
    'The daemon goes on meanwhile; where it is stopped, that is no hindrance. The copy is checked before it gets its name. It holds every',
    'message in clear, and no token. With --keep, the folder collects backups named by their time, and the oldest go.',
  ],
  flags: {
    force: { type: 'boolean', summary: 'Replace a backup that is there already; nothing else is ever replaced' },
    keep: { type: 'string', value: 'count', summary: 'Write into the folder under a name with the time, and keep so many' },
  },
  examples: [
    ['muster backup ~/backups/before-upgrade', 'one backup'],
    ['muster backup ~/backups/daily --keep 7', 'from cron: the last seven'],
  ],
  run: backup,
}

async function backup(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  expectWords(words, ['folder'], 'backup <folder> [flags]')
  const keep = flags.count('keep', { min: 1, max: MAX_KEPT })
  const input = { path: resolve(environment.cwd(), words[0] ?? ''), force: flags.on('force'), ...(keep !== undefined && { keep }) }
  const line = progressLine(environment, out.json)
  const onProgress = ({ phase, done }: Progress): void => line.show(done === undefined ? phase : `${phase}: ${Math.floor(done * 100)} %`)
  const isElsewhere = flags.text('url') !== undefined || Boolean(environment.env['MUSTER_URL'])
  const online = isElsewhere || (await findDaemon(environment.paths)).kind === 'running'
  const made = online
    ? await askDaemon(invocation, input, onProgress).finally(line.end)
    : await workOffline<Backup>(environment, 'backup', input, onProgress).finally(line.end)
  if (out.json) out.document({ ...made })
  else {
    out.line(made.path)
    out.note(`${byteSize(made.bytes)}, ${plural(made.artifacts, 'artifact')}, checked.${online ? '' : ' The daemon is not running.'}`)
    if (made.removed.length > 0) out.note(`Removed: ${made.removed.join(', ')}`)
  }
  return EXIT.ok
}

/** The daemon writes it; meanwhile its status says how far it is. */
async function askDaemon(
  invocation: Invocation,
  input: { path: string; force: boolean; keep?: number },
  onProgress: (progress: Progress) => void,
): Promise<Backup> {
  const { call, close } = await openReader(invocation)
  const over = new AbortController()
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await pause(LOOK_EVERY_MS, undefined, { signal: over.signal })
      const { running } = (await call('node.status', {})).backup
      if (running && !over.signal.aborted) onProgress(running)
    }
  }
  // Only for show: where it fails, the backup says why.
  watch().catch(() => undefined)
  try {
    return await call('node.backup', input, { timeoutMs: Number.POSITIVE_INFINITY })
  } finally {
    over.abort()
    await close()
  }
}
