import type { FastifyReply, FastifyRequest } from 'fastify'
import { onDemand } from '../on-demand.ts'

/** Paths of programs: what is not found there is an error for them and no page. */
const NO_PAGE = /^\/(?:v1|mcp|hooks|pair|metrics|health|ready)(?:[/?]|$)/

/**
 * Serves the dashboard, where nothing else answers: a file of it, or for every other address that a person may come to the page
 * itself, which finds its place. `undefined` where a request is not for it.
 */
export function createDashboardDoor(): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> | undefined {
  const load = onDemand(() => import('./pages.ts').then(({ createPages }) => createPages()))
  return (request, reply) => {
    const isFor = (request.method === 'GET' || request.method === 'HEAD') && !NO_PAGE.test(request.url)
    return isFor ? load().then((send) => send(request, reply)) : undefined
  }
}
