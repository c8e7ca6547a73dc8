import type { PushPayload } from '../../../src/push-payload.ts'
import { onTap, show } from './push.ts'

declare const self: ServiceWorkerGlobalScope

/** The shell of the page: what it takes to show what was kept, without the daemon. Answers of the daemon are never kept here. */
const SHELL = 'muster-shell'
const ASSET = /^\/(?:assets\/|icon|manifest\.webmanifest$)/

self.addEventListener('install', (event) => {
  event.waitUntil(fillShell().then(() => self.skipWaiting()))
})
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim())
})
self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return
  if (request.mode === 'navigate' && !/^\/(?:v1|pair|mcp)(?:\/|$)/.test(pathname)) event.respondWith(page(request))
  else if (ASSET.test(pathname)) event.respondWith(asset(request))
})
self.addEventListener('push', (event) => {
  if (event.data) event.waitUntil(show(event.data.json() as PushPayload))
})
self.addEventListener('notificationclick', (event) => {
  event.waitUntil(onTap(event.notification, event.action))
})

/** All files of this build, so that a place that was never visited opens offline too. */
async function fillShell(): Promise<void> {
  const response = await fetch('/shell.json', { cache: 'no-store' })
  const files = (await response.json()) as string[]
  const cache = await caches.open(SHELL)
  await cache.addAll(['/', ...files])
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url)
    if (pathname !== '/' && !files.includes(pathname)) await cache.delete(request)
  }
}

/** The newest page where the daemon can be reached, the one that was kept where it cannot. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch {
    return (await caches.match('/', { cacheName: SHELL })) ?? Response.error()
  }
}

/** Names of assets say what is in them, so one that is kept is right. */
async function asset(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: SHELL })) ?? fetch(request)
}
