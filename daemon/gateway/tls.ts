import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import { ConfigError } from '../config.ts'
import { HEADERS_TIMEOUT_MS } from './http-timeouts.ts'

export interface TlsListener {
  readonly port: number
  close(): Promise<void>
}

/**
 * The same doors once more, with a certificate of the user's own. Programs on this machine go on by the plain address on the loopback
 * interface: the certificate is for another name.
 *
 * @throws ConfigError where certificate and key cannot be read, or do not belong together
 */
export async function listenWithTls(app: FastifyInstance, config: Pick<Config, 'tlsCert' | 'tlsKey' | 'tlsHost' | 'tlsPort'>): Promise<TlsListener> {
  const server = serverFor(config)
  server.headersTimeout = HEADERS_TIMEOUT_MS
  for (const event of ['request', 'upgrade', 'clientError']) server.on(event, (...of: unknown[]) => void app.server.emit(event, ...of))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: config.tlsHost, port: config.tlsPort }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function serverFor({ tlsCert, tlsKey }: Pick<Config, 'tlsCert' | 'tlsKey'>) {
  const keyFile = tlsKey || tlsCert
  try {
    return createServer({ cert: readFileSync(tlsCert), key: readFileSync(keyFile), minVersion: 'TLSv1.2' })
  } catch (error) {
    throw new ConfigError(`tlsCert ${tlsCert}, with the key in ${keyFile}, cannot be used: ${(error as Error).message}`)
  }
}
