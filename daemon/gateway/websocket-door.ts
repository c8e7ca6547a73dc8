import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { GatewayDeps } from './deps.ts'
import { refuseSocket } from './http-error.ts'
import { onDemand } from './on-demand.ts'

/**
 * Mounts the WebSocket door. What stands behind it, and with it the contract and zod, is a third of what a start would load
 * before it listens; who comes before it is loaded waits for it.
 *
 * @returns what loads it, and rejects where it cannot be loaded
 */
export function addWebSocketDoor(app: FastifyInstance, deps: GatewayDeps, allowedHosts: readonly string[]): () => Promise<unknown> {
  const load = onDemand(() => import('./websocket.ts').then(({ createUpgradeHandler }) => createUpgradeHandler(deps, allowedHosts)))
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    load().then(
      (upgrade) => upgrade(request, socket, head),
      (error: unknown) => refuseSocket(socket, deps.asMusterError(error)),
    )
  })
  return load
}
