/** Opens idle connections, one a token, says so, and holds them until it is stopped. */
import { readFileSync } from 'node:fs'
import { RawSocket } from './raw-socket.ts'

const { url, tokens } = JSON.parse(readFileSync(0, 'utf8')) as { url: string; tokens: readonly string[] }
let greeted = 0
let wake: () => void = () => {}

for (let from = 0; from < tokens.length; from += 200) {
  const batch = tokens.slice(from, from + 200)
  await Promise.all(
    batch.map(async (token) => {
      const socket = await RawSocket.open(url, token, () => {
        greeted++
        wake()
      })
      socket.send('{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"client":"muster-bench","consume":true}}')
    }),
  )
  const expected = from + batch.length
  await new Promise<void>((resolve) => {
    wake = () => greeted >= expected && resolve()
    wake()
  })
}
process.stdout.write('{"connected":true}\n')
