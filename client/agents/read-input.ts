/** Runtimes put whole results of tools into it. */
const MAX_BYTES = 67_108_864

/** What a runtime wrote to its hook: one JSON object. Empty where there is none, or nothing that can be read as one. */
export async function readHookInput(stdin: AsyncIterable<Uint8Array | string>): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of stdin) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    bytes += part.length
    if (bytes > MAX_BYTES) return {}
    chunks.push(part)
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
