import { Paperclip, X } from 'lucide'
import type { ComponentChildren } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import { connection } from '../session/connection.ts'
import { type AttachedFile, type Draft, draftOf, keepDraft } from '../session/drafts.ts'
import { wordsOf } from '../session/error-words.ts'
import { sizeInWords, upload } from '../session/files.ts'
import { Icon } from './icon.tsx'
import { visible } from './plain-text.ts'
import { ErrorNote } from './states.tsx'

/** One thing that can be done with what was written. */
export interface Way {
  readonly label: string
  /** It carries no files. */
  readonly bare?: boolean
  /** It cannot wait for the daemon. */
  readonly online?: boolean
  /** Takes it on. The text goes from the field once it resolves; it stays where that fails. */
  readonly send: (text: string, files: readonly string[]) => unknown
}

interface ComposerProps {
  /** Under which the draft is kept. */
  readonly about: string
  readonly label: string
  /** The first is what Enter does. */
  readonly ways: readonly Way[]
  /** Why nothing can be sent now, where the words alone would do. */
  readonly lacks?: string | undefined
  readonly rows?: number
  /** What else there is to choose beside the buttons. */
  readonly children?: ComponentChildren
}

/** Where something is written and sent. What was begun is kept on this device. */
export function Composer({ about, label, ways, lacks, rows = 2, children }: ComposerProps) {
  const { draft, change, clear } = useDraft(about)
  const files = useUploads(draft, change)
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const id = useId()
  const cannot = (way: Way): boolean =>
    busy ||
    files.busy ||
    lacks !== undefined ||
    draft.text.trim() === '' ||
    (way.bare === true && draft.files.length > 0) ||
    (way.online === true && connection.value.state !== 'online')
  const send = async (way: Way): Promise<void> => {
    if (cannot(way)) return
    setBusy(true)
    setError(undefined)
    try {
      await way.send(
        draft.text,
        draft.files.map((file) => file.id),
      )
      clear()
    } catch (reason) {
      setError(wordsOf(reason))
    }
    setBusy(false)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const [first] = ways
    if (event.key !== 'Enter' || event.isComposing || event.shiftKey || !first) return
    if (!(event.ctrlKey || event.metaKey || sendsByEnter())) return
    event.preventDefault()
    void send(first)
  }
  return (
    <form class="composer" onSubmit={(event) => event.preventDefault()}>
      <label class="hidden" for={id}>
        {label}
      </label>
      <textarea
        id={id}
        rows={rows}
        dir="auto"
        placeholder={label}
        value={draft.text}
        onInput={({ currentTarget }) => change({ ...draft, text: currentTarget.value })}
        onKeyDown={onKeyDown}
        onPaste={(event) => files.take(event.clipboardData?.files) && event.preventDefault()}
      />
      <FileList draft={draft} change={change} />
      {(error ?? files.error) ? <ErrorNote>{error ?? files.error}</ErrorNote> : null}
      <div class="composer-foot">
        <AttachButton busy={files.busy} take={files.take} />
        {children}
        {lacks && draft.text.trim() !== '' ? <span class="soft">{lacks}</span> : null}
        <span class="buttons">
          {[...ways].reverse().map((way) => (
            <button key={way.label} type="button" class={way === ways[0] ? 'primary' : undefined} disabled={cannot(way)} onClick={() => void send(way)}>
              {way.label}
            </button>
          ))}
        </span>
      </div>
    </form>
  )
}

/** On a phone Enter begins a line, since there is no Shift to hold; elsewhere it sends. */
const sendsByEnter = (): boolean => matchMedia('(pointer: fine)').matches

function useDraft(about: string) {
  const [draft, setDraft] = useState(() => draftOf(about))
  const change = (next: Draft): void => {
    keepDraft(about, next)
    setDraft(next)
  }
  return { draft, change, clear: () => change({ text: '', files: [] }) }
}

function useUploads(draft: Draft, change: (next: Draft) => void) {
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const latest = useRef(draft)
  latest.current = draft
  const add = async (files: readonly File[]): Promise<void> => {
    setBusy(true)
    setError(undefined)
    for (const file of files) {
      try {
        const { id, name, size } = await upload(file)
        const others = latest.current.files.filter((each) => each.id !== id)
        change({ ...latest.current, files: [...others, { id, name, size }] })
      } catch (reason) {
        setError(`${visible(file.name)}: ${wordsOf(reason)}`)
      }
    }
    setBusy(false)
  }
  /** Returns whether there were any. */
  const take = (files: FileList | null | undefined): boolean => {
    const all = [...(files ?? [])]
    if (all.length > 0) void add(all)
    return all.length > 0
  }
  return { error, busy, take }
}

function FileList({ draft, change }: { readonly draft: Draft; readonly change: (next: Draft) => void }) {
  if (draft.files.length === 0) return null
  const without = ({ id }: AttachedFile): void => change({ ...draft, files: draft.files.filter((file) => file.id !== id) })
  return (
    <ul class="composer-files" aria-label="Files to send">
      {draft.files.map((file) => (
        <li key={file.id} class="composer-file">
          <Icon of={Paperclip} />
          <bdi>{visible(file.name)}</bdi> <span class="soft">{sizeInWords(file.size)}</span>
          <button type="button" class="quiet" onClick={() => without(file)}>
            <Icon of={X} label={`Leave out ${visible(file.name)}`} />
          </button>
        </li>
      ))}
    </ul>
  )
}

function AttachButton({ busy, take }: { readonly busy: boolean; readonly take: (files: FileList | null) => boolean }) {
  const input = useRef<HTMLInputElement>(null)
  const onChange = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    take(currentTarget.files)
    currentTarget.value = ''
  }
  return (
    <>
      <input ref={input} type="file" multiple hidden onChange={onChange} />
      <button type="button" class="quiet" disabled={busy || connection.value.state !== 'online'} onClick={() => input.current?.click()}>
        <Icon of={Paperclip} label="Attach files" />
        {busy ? ' Uploading…' : null}
      </button>
    </>
  )
}
