import { missingFiles } from '../../agents/install/muster-command.ts'
import { CliError } from '../failure.ts'
import { installedText, serviceHere } from '../service/service-here.ts'
import type { Check, Finding } from './check.ts'

const AGAIN = 'muster service install brings it up to date.'

/** Whether the service, where there is one, still leads to this Muster and runs. Nobody is asked about one that is not installed. */
export const serviceCheck: Check = {
  async run({ environment }) {
    const about = { subject: 'service', check: 'installed' }
    try {
      const service = serviceHere(environment)
      const text = installedText(service)
      if (text === undefined) return [{ ...about, state: 'off', says: 'none; muster service install makes one' }]
      // In a property list, what stands behind the arguments need not be there yet.
      const [program = ''] = text.split('</array>', 1)
      const missing = program.split('\n').flatMap((line) => (/^ExecStart=|^\s*<string>\//.test(line) ? missingFiles(commandIn(line)) : []))
      const file: Finding = {
        ...about,
        ...(missing.length > 0
          ? { state: 'fail', says: `${service.file} starts ${missing.join(', ')}, which is not there`, hint: AGAIN }
          : text === service.text
            ? { state: 'ok', says: service.file }
            : { state: 'warn', says: `${service.file} is of another version or place`, hint: AGAIN }),
      }
      const { active, enabled, says } = await service.state()
      const state = active && enabled ? 'ok' : active ? 'warn' : 'fail'
      const notes = (await service.notes()).map(({ text: note, hint }): Finding => ({ subject: 'service', check: 'linger', state: 'warn', says: note, hint }))
      return [file, { subject: 'service', check: 'running', state, says, ...(state !== 'ok' && { hint: `muster service status; ${service.log}` }) }, ...notes]
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      return [{ ...about, state: 'off', says: error.message }]
    }
  },
}

/** The command of a unit, or one word of a property list, as a line of words. */
function commandIn(line: string): string {
  return line.startsWith('ExecStart=') ? line.slice('ExecStart='.length) : `"${/<string>(.*)<\/string>/.exec(line)?.[1] ?? ''}"`
}
