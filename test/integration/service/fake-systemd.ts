import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CliHome } from '../../support/cli-process.ts'

/** Programs that stand where systemd's would: they note how they are called, and start and stop what the unit says. */
const SYSTEMCTL = `#!/bin/sh
echo "$*" >> "$FAKE/calls"
[ -e "$FAKE/no-bus" ] && { echo "Failed to connect to bus: No medium found" >&2; exit 1; }
# Like the real one, until it has ended; nobody may collect what is left of it.
stop() {
  pid=$(cat "$FAKE/pid")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null && ! grep -q ') Z' "/proc/$pid/stat" 2>/dev/null; do sleep 0.02; done
  rm -f "$FAKE/pid"
}
unit="$HOME/.config/systemd/user/$3"
case "$2" in
  show)
    [ "$3" = --property=Version ] && { echo Version=252; exit 0; }
    if [ -e "$FAKE/pid" ] && kill -0 "$(cat "$FAKE/pid")" 2>/dev/null; then echo ActiveState=active; echo SubState=running; else echo ActiveState=inactive; echo SubState=dead; fi
    [ -e "$FAKE/enabled" ] && echo UnitFileState=enabled
    exit 0 ;;
  enable) touch "$FAKE/enabled" ;;
  disable) rm -f "$FAKE/enabled"; [ -e "$FAKE/pid" ] && stop; exit 0 ;;
  restart)
    [ -e "$FAKE/pid" ] && stop
    [ -e "$FAKE/fails" ] && { echo "Job for $3 failed." >&2; exit 1; }
    command=$(sed -n 's/^ExecStart=//p' "$unit")
    variables=$(sed -n 's/^Environment=//p' "$unit" | tr '\\n' ' ')
    eval "exec env -i PATH=\\"$PATH\\" HOME=\\"$HOME\\" $variables $command" > "$FAKE/journal" 2>&1 &
    echo $! > "$FAKE/pid" ;;
esac
`
const LOGINCTL = `#!/bin/sh
echo "Linger=$(cat "$FAKE/linger" 2>/dev/null || echo no)"
`

export interface FakeSystemd {
  readonly env: Readonly<Record<string, string>>
  readonly calls: () => string[]
  readonly journal: () => string
  /** Makes it behave otherwise: `no-bus`, `fails`, `linger`. */
  readonly set: (name: string, text?: string) => void
}

export function fakeSystemd(home: CliHome): FakeSystemd {
  const folder = join(home.folder, 'fake systemd')
  mkdirSync(folder)
  for (const [name, text] of [
    ['systemctl', SYSTEMCTL],
    ['loginctl', LOGINCTL],
  ] as const) {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o755)
  }
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '')
  return {
    env: { FAKE: folder, PATH: `${folder}:${process.env['PATH']}`, HOME: home.folder },
    calls: () => read('calls').trimEnd().split('\n'),
    journal: () => read('journal'),
    set: (name, text = '') => writeFileSync(join(folder, name), text),
  }
}
