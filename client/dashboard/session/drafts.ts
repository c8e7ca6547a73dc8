const PREFIX = 'muster-draft '

/** A file that was uploaded and that no message carries yet. */
export interface AttachedFile {
  readonly id: string
  readonly name: string
  readonly size: number
}

/** What was begun to be written. */
export interface Draft {
  readonly text: string
  readonly files: readonly AttachedFile[]
}

const EMPTY: Draft = { text: '', files: [] }

/** What was begun in one place, on this device. */
export function draftOf(about: string): Draft {
  try {
    return { ...EMPTY, ...(JSON.parse(localStorage.getItem(PREFIX + about) ?? '{}') as Partial<Draft>) }
  } catch {
    return EMPTY
  }
}

/** Keeps it, as far as the browser has room; an empty one is none. */
export function keepDraft(about: string, draft: Draft): void {
  try {
    if (draft.text === '' && draft.files.length === 0) localStorage.removeItem(PREFIX + about)
    else localStorage.setItem(PREFIX + about, JSON.stringify(draft))
  } catch {
    // It is still on the screen.
  }
}

export function forgetDrafts(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key)
}
