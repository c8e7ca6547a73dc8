import { Download, Eye, Paperclip } from 'lucide'
import { useEffect, useState } from 'preact/hooks'
import { Icon } from '../parts/icon.tsx'
import { visible } from '../parts/plain-text.ts'
import { ErrorNote } from '../parts/states.tsx'
import { useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { download, sizeInWords } from '../session/files.ts'
import type { Message } from './words.ts'

type Attachment = Message['attachments'][number]

/** Pictures as browsers draw them; what is drawn is never a document, so it can run nothing. */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])
/** A picture up to this is fetched unasked. */
const SMALL_BYTES = 200_000
/** A larger one is not drawn: a phone has little memory. */
const LARGEST_BYTES = 16_000_000

/** The files that a message carries. */
export function Attached({ files }: { readonly files: readonly Attachment[] }) {
  if (files.length === 0) return null
  return (
    <ul class="attached">
      {files.map((file) => (
        <li key={file.id}>
          <OneFile file={file} />
        </li>
      ))}
    </ul>
  )
}

function OneFile({ file }: { readonly file: Attachment }) {
  const { busy, error, run } = useDoing()
  const [wanted, setWanted] = useState(file.size <= SMALL_BYTES)
  const isPicture = PICTURES.has(file.mediaType) && file.size <= LARGEST_BYTES
  const isOff = busy || connection.value.state !== 'online'
  const name = visible(file.name)
  return (
    <div class="attached-file">
      <span class="attached-line">
        <Icon of={Paperclip} />
        <span class="attached-name">
          <bdi>{name}</bdi> <span class="soft">{sizeInWords(file.size)}</span>
        </span>
        {isPicture && !wanted ? (
          <button type="button" class="quiet" onClick={() => setWanted(true)}>
            <Icon of={Eye} label={`Show ${name}`} />
          </button>
        ) : null}
        <button type="button" class="quiet" disabled={isOff} onClick={() => void run(() => saveFile(file))}>
          <Icon of={Download} label={`Download ${name}`} />
        </button>
      </span>
      {isPicture && wanted ? <Picture file={file} /> : null}
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </div>
  )
}

function Picture({ file }: { readonly file: Attachment }) {
  const [url, setUrl] = useState<string>()
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let made: string | undefined
    let gone = false
    download(file.id).then(
      (blob) => {
        if (gone) return
        made = URL.createObjectURL(new Blob([blob], { type: file.mediaType }))
        setUrl(made)
      },
      () => setFailed(true),
    )
    return () => {
      gone = true
      if (made !== undefined) URL.revokeObjectURL(made)
    }
  }, [file.id])
  if (failed) return <p class="soft">It cannot be shown here.</p>
  return url === undefined ? null : <img class="attached-picture" src={url} alt={visible(file.name)} onError={() => setFailed(true)} />
}

/** Saved under its name; a browser makes a path harmless. It is opened by nothing here. */
async function saveFile({ id, name }: Attachment): Promise<void> {
  const url = URL.createObjectURL(new Blob([await download(id)], { type: 'application/octet-stream' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
