import type { Environment } from './environment.ts'

/** One line on a terminal that says how far something is, and is gone when it has ended. Without a terminal there is none. */
export interface ProgressLine {
  readonly show: (text: string) => void
  readonly end: () => void
}

const CLEAR = '\r\u001b[2K'

export function progressLine({ stderr }: Environment, json: boolean): ProgressLine {
  if (json || !stderr.isTTY) return { show: () => undefined, end: () => undefined }
  let shown = ''
  return {
    show(text) {
      if (text === shown) return
      shown = text
      stderr.write(`${CLEAR}${text}`)
    },
    end() {
      if (shown !== '') stderr.write(CLEAR)
    },
  }
}
