import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { followFile, lastLines } from '../file-tail.ts'
import { formatLogLine, parseLogLine } from '../log-lines.ts'
import { safeLine } from '../text.ts'

const MAX_LINES = 100_000

export const command: Command = {
  usage: ['logs [--lines <count>] [--follow]'],
  about: [
    "The end of the daemon's log, also while it is stopped, and across the files that it was before. The log names ids, never what was said.",
    'A daemon of systemd or of a container leaves its log to them: journalctl --user -u muster, docker compose logs.',
  ],
  flags: {
    lines: { type: 'string', short: 'n', value: 'count', summary: 'At most so many (50)' },
    follow: { type: 'boolean', short: 'F', summary: 'Go on printing until Ctrl-C' },
  },
  examples: [
    ['muster logs', 'the last 50 lines'],
    ['muster logs --follow', 'as it is written'],
    ['muster logs -n 1000 --json', 'each line as a JSON document'],
  ],
  run: logs,
}

async function logs(invocation: Invocation): Promise<number> {
  const { flags, words, environment } = invocation
  expectWords(words, [], 'logs [flags]')
  const count = flags.count('lines', { min: 1, max: MAX_LINES }) ?? 50
  const signal = flags.on('follow') ? environment.interrupted() : undefined
  const path = environment.paths.log
  const end = await lastLines(path, count)
  if (!end) {
    throw new CliError('no_log', `there is no log at ${path}`, {
      hint: 'muster up starts the daemon, which writes it; that of a service is where muster service status says.',
    })
  }
  for (const line of end.lines) print(invocation, line)
  if (signal) for await (const line of followFile(path, end.place, signal)) print(invocation, line)
  return EXIT.ok
}

function print({ out }: Invocation, line: string): void {
  const entry = out.json ? parseLogLine(line) : undefined
  if (entry) out.document({ entry })
  else if (out.json) out.document({ text: safeLine(line) })
  else out.line(formatLogLine(line, out.now))
}
