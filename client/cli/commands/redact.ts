import { expectId, expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { CONFIRM_FLAGS, isConfirmed } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { asReader } from '../open-caller.ts'
import { showMessage } from '../show.ts'

export const command: Command = {
  usage: ['redact <message> <reason> [--dry-run] [--yes]'],
  about: [
    'Replaces what a message says by a tombstone with the reason, for its sender or the administrator. There is no way back: it shows the message and asks first.',
    'What a recipient has read already, it has read.',
  ],
  flags: CONFIRM_FLAGS,
  examples: [
    ['muster redact msg_k7qm2x4f3 "held a password"', 'show it, ask, do it'],
    ['muster redact msg_k7qm2x4f3 "held a password" --yes', 'in a script'],
  ],
  run: redact,
}

async function redact(invocation: Invocation): Promise<number> {
  const { words, flags, out } = invocation
  expectWords(words, ['message', 'reason'], 'redact <message> <reason>')
  const id = expectId(words[0] ?? '', ['message'])
  const reason = words[1] ?? ''
  return await asReader(invocation, async ({ call }) => {
    const { message } = await call('threads.trace', { id })
    if (!out.json) showMessage(out, message)
    if (flags.on('dry-run')) {
      if (out.json) out.document({ state: 'planned', message })
      else out.note('Nothing was changed.')
      return EXIT.ok
    }
    if (!(await isConfirmed(invocation, 'Replace it by a tombstone, for good?'))) {
      out.note('Nothing was changed.')
      return EXIT.failure
    }
    const redacted = (await call('threads.redact', { message: id, reason })).message
    if (out.json) out.document({ state: 'redacted', message: redacted })
    else out.line(`${id} is redacted.`)
    return EXIT.ok
  })
}
