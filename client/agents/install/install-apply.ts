import { refuseChanged, removeConfig, writeConfig } from './config-file.ts'
import type { FileChange, InstallPlan } from './install-plan.ts'
import { type FileRecord, type InstallRecord, recordOfChange } from './install-record.ts'

/**
 * Does what a plan says. Nothing is written unless every file is still what it was when the plan was made; the commands of the
 * runtime come first, since they are what fails most.
 *
 * @throws InstallError `config_changed`, `config_refused`, `runtime_failed`
 */
export async function applyPlan({ changes, server, commands, kept }: InstallPlan, record: InstallRecord): Promise<void> {
  for (const { path, before } of changes) await refuseChanged(path, before)
  for (const command of commands) await server?.run(command)
  let records: readonly FileRecord[] = [...kept, ...changes.flatMap((change) => change.record ?? [])]
  for (const change of changes) {
    const of = await applyChange(change)
    records = [...records.filter(({ path }) => path !== change.path), ...(of ? [of] : [])]
    // After each, so that what broke off in the middle can still be undone.
    await record.write(records)
  }
  if (changes.length === 0) await record.write(kept)
}

async function applyChange({ path, before, after, added, base, record }: FileChange): Promise<FileRecord | undefined> {
  if (after === undefined) {
    if (before) await removeConfig(path, before, record?.folders ?? [])
    return undefined
  }
  const made = await writeConfig(path, before, after)
  if (!added) return undefined
  const created = before === undefined || (record?.created ?? false)
  return recordOfChange(path, base, added, created, before === undefined ? made : (record?.folders ?? []))
}
