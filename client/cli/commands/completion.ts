import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { SCRIPTS, SHELLS } from '../completion/scripts.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { nearest } from '../nearest.ts'

export const command: Command = {
  usage: [`completion ${SHELLS.join('|')}`],
  about: [
    'Prints a script that completes commands, flags and names in your shell: peers, circles, threads, dead letters and settings as they are at that moment.',
    'Where the daemon is down or slow, the names are left out.',
  ],
  flags: {},
  examples: [
    ['eval "$(muster completion bash)"', 'in ~/.bashrc'],
    ['eval "$(muster completion zsh)"', 'in ~/.zshrc, behind compinit'],
    ['muster completion fish > ~/.config/fish/completions/muster.fish', 'once'],
  ],
  run: completion,
}

async function completion({ words, out }: Invocation): Promise<number> {
  expectWords(words, ['shell'], `completion ${SHELLS.join('|')}`)
  const [word = ''] = words
  const shell = SHELLS.find((known) => known === word)
  if (!shell) {
    const near = nearest(word, SHELLS)
    throw usageError(`there is no completion for "${word}"`, near ? `Did you mean muster completion ${near}?` : `Expected one of: ${SHELLS.join(', ')}.`)
  }
  if (out.json) out.document({ shell, script: SCRIPTS[shell] })
  else out.body(SCRIPTS[shell])
  return EXIT.ok
}
