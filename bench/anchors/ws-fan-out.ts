/**
 * Raw `ws` sends: one buffer to every open connection, nothing else. The same receiver counts here and behind the daemon. A text
 * frame `{"fanOut":<bytes>}` from any connection starts one round; sends of one round leave as `ws` leaves them, one by one.
 */
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/v1/ws', perMessageDeflate: false })
server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const { fanOut } = JSON.parse(String(data)) as { fanOut?: number }
    if (fanOut === undefined) return
    const bytes = Buffer.from('{"method":"mailbox.deliver"}'.padEnd(fanOut))
    for (const client of server.clients) if (client !== socket) client.send(bytes, { binary: false })
  })
})
server.on('listening', () => {
  const address = server.address()
  if (typeof address === 'object' && address) process.stdout.write(`${JSON.stringify({ ready: true, url: `ws://127.0.0.1:${address.port}/v1/ws` })}\n`)
})
