import { readConfig, type Snapshot } from './config-file.ts'
import type { Added, Editor } from './editor.ts'
import { InstallError } from './install-error.ts'
import { type FileRecord, InstallRecord, originalOf } from './install-record.ts'
import type { OwnServer, RuntimeCommand, Site, Target } from './target.ts'

/** What is to become of one file. */
export interface FileChange {
  readonly path: string
  readonly before: Snapshot | undefined
  /** `undefined`: the file goes. */
  readonly after: string | undefined
  /** How to undo it, where something is installed; what is needed to write the record. */
  readonly added: Added | undefined
  /** The file without anything of Muster's; `undefined` where there is none then. */
  readonly base: string | undefined
  readonly record: FileRecord | undefined
}

/** A file that a command of the runtime changes, as it would be. */
export interface Preview {
  readonly path: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Everything that an installation would do, computed before anything is done. */
export interface InstallPlan {
  readonly changes: readonly FileChange[]
  readonly server: OwnServer | undefined
  readonly commands: readonly RuntimeCommand[]
  readonly preview: Preview | undefined
  /** Records of files that stay as they are. */
  readonly kept: readonly FileRecord[]
}

export function recordFor(target: Target, site: Site): InstallRecord {
  return new InstallRecord(site.state, target.driver.shortName, target.folder(site))
}

/** @throws InstallError where something is in the way; nothing has been written then */
export async function planInstall(target: Target, site: Site): Promise<InstallPlan> {
  const rival = await target.rival(site)
  if (rival) {
    const what = `${rival.what} is installed in ${target.driver.title}: with both, everything would happen twice`
    throw new InstallError('config_taken', what, `Nothing was written. Keep it, or first: ${rival.removal}`)
  }
  const records = await recordFor(target, site).read()
  const planned = await eachEditor(target, site, async (editor) => await additionTo(editor, recordOf(records, editor)))
  const server = target.ownServer?.(site)
  const state = await server?.state()
  const commands = server && state !== 'current' ? [...(state === 'stale' ? [server.uninstall] : []), server.install] : []
  return await planOf(records, planned, server, commands)
}

/** @throws InstallError where a file cannot be edited safely; nothing has been written then */
export async function planUninstall(target: Target, site: Site): Promise<InstallPlan> {
  const records = await recordFor(target, site).read()
  const planned = await eachEditor(target, site, async (editor) => await removalFrom(editor, recordOf(records, editor)))
  const server = target.ownServer?.(site)
  const commands = server && (await server.find()) !== undefined ? [server.uninstall] : []
  const plan = await planOf(records, planned, server, commands)
  return { ...plan, kept: [] }
}

export function isEmptyPlan({ changes, commands }: InstallPlan): boolean {
  return changes.length === 0 && commands.length === 0
}

async function planOf(
  records: readonly FileRecord[],
  planned: readonly (FileChange | undefined)[],
  server: OwnServer | undefined,
  commands: readonly RuntimeCommand[],
): Promise<InstallPlan> {
  const changes = planned.filter((change) => change !== undefined)
  const preview = server && commands.length > 0 ? { path: server.path, ...(await server.preview(commands)) } : undefined
  return { changes, server, commands, preview, kept: records.filter(({ path }) => changes.every((change) => change.path !== path)) }
}

async function additionTo(editor: Editor, record: FileRecord | undefined): Promise<FileChange | undefined> {
  const before = await readConfig(editor.path)
  if (before && (await editor.holds(before.text))) return undefined
  const base = before && (originalOf(before, record) ?? (await editor.remove(before.text, record?.made)))
  // A file that Muster made, and that holds nothing else, is made anew.
  const isBare = base !== undefined && isOwn(editor, record) && editor.isEmpty(base)
  const added = await editor.add(isBare ? undefined : base)
  return { path: editor.path, before, after: added.text, added, base: isBare ? undefined : base, record }
}

async function removalFrom(editor: Editor, record: FileRecord | undefined): Promise<FileChange | undefined> {
  const before = await readConfig(editor.path)
  if (!before || (await editor.find(before.text)).length === 0) return undefined
  const base = originalOf(before, record) ?? (await editor.remove(before.text, record?.made))
  const after = isOwn(editor, record) && editor.isEmpty(base) ? undefined : base
  return { path: editor.path, before, after, added: undefined, base: after, record }
}

function isOwn(editor: Editor, record: FileRecord | undefined): boolean {
  return editor.ownsFile === true || record?.created === true
}

function recordOf(records: readonly FileRecord[], editor: Editor): FileRecord | undefined {
  return records.find(({ path }) => path === editor.path)
}

/** One after the other: each may run a program of the runtime. */
async function eachEditor(target: Target, site: Site, plan: (editor: Editor) => Promise<FileChange | undefined>): Promise<(FileChange | undefined)[]> {
  const planned: (FileChange | undefined)[] = []
  for (const editor of target.editors(site)) planned.push(await plan(editor))
  return planned
}
