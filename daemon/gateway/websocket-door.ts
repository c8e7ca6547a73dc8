import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { GatewayDeps } from './deps.ts'
import { refuseSocket } from './http-error.ts'
import { onDemand } from './on-demand.ts'

/**
 * Mounts the WebSocket door. What stands behind it, and with it the contract and zod, is a third of what a start would load: it
 * is loaded as soon as the node listens, and who comes earlier waits for it.
 */
export function addWebSocketDoor(app: FastifyInstance, deps: GatewayDeps, allowedHosts: readonly string[]): void {
  const load = onDemand(() => import('./websocket.ts').then(({ createUpgradeHandler }) => createUpgradeHandler(deps, allowedHosts)))
  app.addHook('onListen', async () => {
    load().catch((error: unknown) => deps.log.error({ err: error }, 'could not load the WebSocket door'))
  })
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    load().then(
      (upgrade) => upgrade(request, socket, head),
      (error: unknown) => refuseSocket(socket, deps.asMusterError(error)),
    )
  })
}
