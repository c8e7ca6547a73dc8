import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { parse } from 'plist'
import { describe, expect, it } from 'vitest'
import { findProgram } from '../../../../client/agents/install/programs.ts'
import { launchAgentPlist } from '../../../../client/cli/service/launch-agent.ts'
import type { DaemonCommand } from '../../../../client/cli/service/service.ts'
import { systemdUnit } from '../../../../client/cli/service/systemd-unit.ts'

const ODD = 'a b & "c" \\d %h $HOME $X <e> \'f\' ü;#'
const command = (over: Partial<DaemonCommand> = {}): DaemonCommand => ({
  argv: ['/usr/bin/node', `/opt/${ODD}/bin.js`],
  env: { MUSTER_HOME: `/srv/${ODD}` },
  version: '1.2.3',
  ...over,
})

describe('a unit of systemd', () => {
  it('starts the daemon again after a crash, and not where it asks for a person', () => {
    const unit = systemdUnit(command({ argv: ['/usr/bin/node', '/opt/my muster/bin.js'], env: { MUSTER_HOME: '/srv/m' } }))
    expect(unit).toContain('ExecStart="/usr/bin/node" "/opt/my muster/bin.js"\nEnvironment="MUSTER_HOME=/srv/m"\nRestart=on-failure\n')
    expect(unit).toContain('RestartPreventExitStatus=65 69 77 78\n')
    expect(unit.split('\n', 1)[0]).toBe('# Written by muster service install (Muster 1.2.3); muster service uninstall removes it.')
  })

  it('says every path as systemd reads it', () => {
    const unit = systemdUnit(command())
    expect(unit).toContain('"/opt/a b & \\"c\\" \\\\d %%h $$HOME $$X <e> \'f\' ü;#/bin.js"')
    expect(unit).toContain('Environment="MUSTER_HOME=/srv/a b & \\"c\\" \\\\d %%h $HOME $X <e> \'f\' ü;#"')
  })

  const analyze = findProgram('systemd-analyze', process.env)
  it.skipIf(analyze === undefined)('is accepted by systemd itself (skipped without systemd-analyze)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster unit % $-'))
    try {
      // systemd looks whether the program is there and may be run.
      const program = join(folder, 'a node')
      writeFileSync(program, '#!/bin/sh\n')
      chmodSync(program, 0o755)
      const unit = join(folder, 'muster-test.service')
      writeFileSync(unit, systemdUnit(command({ argv: [program, `${folder}/${ODD.replace('/', '')}/bin.js`] })))
      const runtime = join(folder, 'run')
      mkdirSync(runtime)
      const env = { PATH: process.env['PATH'] ?? delimiter, HOME: folder, XDG_RUNTIME_DIR: runtime, SYSTEMD_LOG_LEVEL: 'warning' }
      const verify = (path: string) => execFileSync(analyze as string, ['--user', '--man=no', 'verify', path], { encoding: 'utf8', env, stdio: 'pipe' })
      expect(verify(unit)).toBe('')
      // It would say so: one that is wrong is refused.
      const broken = join(folder, 'muster-broken.service')
      writeFileSync(broken, systemdUnit(command({ argv: ['not/absolute'] })))
      expect(() => verify(broken)).toThrow(/not\/absolute|absolute/)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('an agent of launchd', () => {
  it('is a property list that says exactly what was meant', () => {
    const text = launchAgentPlist({ ...command(), label: 'dev.muster.daemon', output: `/state/${ODD}` })
    expect(parse(text)).toEqual({
      Label: 'dev.muster.daemon',
      ProgramArguments: ['/usr/bin/node', `/opt/${ODD}/bin.js`],
      EnvironmentVariables: { MUSTER_HOME: `/srv/${ODD}` },
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 30,
      ExitTimeOut: 30,
      Umask: 0o077,
      StandardOutPath: `/state/${ODD}`,
      StandardErrorPath: `/state/${ODD}`,
    })
    expect(text).toContain('Written by muster service install (Muster 1.2.3)')
  })
})
