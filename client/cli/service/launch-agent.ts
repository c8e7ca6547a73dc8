import { type DaemonCommand, MARK } from './service.ts'

export interface LaunchAgent extends DaemonCommand {
  readonly label: string
  /** Where what the daemon says outside of its log goes. */
  readonly output: string
}

/** The property list of a launchd agent (launchd.plist(5)). */
export function launchAgentPlist({ label, argv, env, version, output }: LaunchAgent): string {
  const variables = Object.entries(env).map(([name, value]) => `    <key>${escaped(name)}</key>\n    <string>${escaped(value)}</string>\n`)
  const words = argv.map((word) => `    <string>${escaped(word)}</string>\n`)
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${MARK} (Muster ${version}); muster service uninstall removes it. -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${escaped(label)}</string>
  <key>ProgramArguments</key>
  <array>
${words.join('')}  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables.join('')}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <key>ExitTimeOut</key>
  <integer>30</integer>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardOutPath</key>
  <string>${escaped(output)}</string>
  <key>StandardErrorPath</key>
  <string>${escaped(output)}</string>
</dict>
</plist>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
