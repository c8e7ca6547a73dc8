import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { processStart } from '../../daemon/services/process-start.ts'
import { buildOnce, cleanEnvironment, emptyFolder, ROOT } from './programs.ts'

beforeAll(buildOnce)

// Nobody is left to end it: it must see for itself, whatever it is doing at that moment. Its start takes about 100 ms.
it.each([0, 40, 70, 120, 400])('a daemon that is killed %i ms after it started a service leaves none behind', async (delayMs) => {
  const home = emptyFolder()
  const env = cleanEnvironment({ MUSTER_HOME: home, MUSTER_PORT: '0', MUSTER_REPOSITORIES: home })
  const daemon = spawn(process.execPath, [join(ROOT, 'dist/daemon/bin.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let service = 0
  for await (const line of createInterface({ input: daemon.stdout })) {
    service = Number(/"servicePid":(\d+)/.exec(line)?.[1] ?? 0)
    if (service > 0) break
  }
  expect(service).toBeGreaterThan(1)
  await sleep(delayMs)
  daemon.kill('SIGKILL')
  await once(daemon, 'exit')
  while (processStart(service) !== undefined) await sleep(20)
})
