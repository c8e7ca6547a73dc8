import type { Readable } from 'node:stream'

const MAX_CHARS = 1_048_576

/**
 * The first line of a stream; `undefined` where it ends before.
 *
 * @param onEnd called when the stream ends, also behind the line
 */
export function readFirstLine(stream: Readable, onEnd: () => void): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let text = ''
    const end = (): void => {
      onEnd()
      resolve(undefined)
    }
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => {
      const before = text.length
      text += chunk
      const at = text.indexOf('\n', before)
      if (at >= 0) resolve(text.slice(0, at))
      else if (text.length > MAX_CHARS) reject(new Error('The first line is too long.'))
    })
    stream.once('end', end)
    stream.once('error', end)
    stream.once('close', end)
  })
}
