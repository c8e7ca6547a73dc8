import { type DaemonCommand, MARK } from './service.ts'

/**
 * With these the daemon asks for a person: its database is damaged (65), another one has its port or its database (69), it may not write its
 * files (77), or its configuration is refused (78). Started again, it would end in the same way, for ever. After an I/O error (74) and a crash it is started again, and recovers from the disk.
 */
const NOT_AGAIN = '65 69 77 78'

/** A systemd user unit (systemd.service(5)). */
export function systemdUnit({ argv, env, version }: DaemonCommand): string {
  const variables = Object.entries(env).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`)
  return `# ${MARK} (Muster ${version}); muster service uninstall removes it.
# Changes of your own belong into a drop-in (systemctl --user edit), which both leave alone.
[Unit]
Description=Muster, the daemon through which agents, programs and people work as one crew
StartLimitIntervalSec=120
StartLimitBurst=5

[Service]
Type=exec
ExecStart=${argv.map((word, index) => (index === 0 ? quoted(word) : commandWord(word))).join(' ')}
${variables.join('')}Restart=on-failure
RestartSec=2
RestartPreventExitStatus=${NOT_AGAIN}
TimeoutStopSec=30
UMask=0077

[Install]
WantedBy=default.target
`
}

/** In arguments a dollar begins a variable as well; in the program itself it does not. */
function commandWord(word: string): string {
  return quoted(word).replaceAll('$', '$$$$')
}

/** In double quotes, as systemd.syntax(7) reads them: backslash and quote escaped, and no specifier begins. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`
}
