import { writeFileSync } from 'node:fs'
import { HttpClient } from '../contract/support/http-client.ts'
import { createTestDaemon, registerPeer, type TestDaemon, TestHome } from './daemon.ts'
import { WireClient } from './wire-client.ts'

/** A home whose daemon has these settings. */
export function homeWith(settings: Readonly<Record<string, unknown>>): TestHome {
  const home = new TestHome()
  writeFileSync(home.paths.config, JSON.stringify(settings))
  return home
}

/** Pairs a device over HTTP as the first person of a node, as a browser does. @returns its token */
export async function pairFirst(url: string, home: TestHome, device = 'phone'): Promise<string> {
  const admin = new HttpClient(url, home.token('admin'))
  const { code, pairing } = await admin.call('pairings.begin', {})
  const { token, pairing: redeemed } = await new HttpClient(url).call('pairings.redeem', { code, device })
  await admin.call('pairings.confirm', { pairing: pairing.id, comparison: redeemed.comparison ?? '' })
  return token
}

export interface Scene extends AsyncDisposable {
  readonly daemon: TestDaemon
  readonly home: TestHome
  /** The person, on a paired device. */
  readonly ann: WireClient
  readonly phone: string
  readonly bob: WireClient
}

/** A daemon with its services, a person and an agent. */
export async function scene(settings: Readonly<Record<string, unknown>>): Promise<Scene> {
  const home = homeWith(settings)
  const daemon = await createTestDaemon({ home })
  const phone = await pairFirst(daemon.url, home)
  const { token } = await registerPeer(daemon.url, home.token('enrolment'), 'bob')
  const [ann, bob] = [await WireClient.greet(daemon.url, phone), await WireClient.greet(daemon.url, token)]
  return {
    daemon,
    home,
    ann,
    phone,
    bob,
    async [Symbol.asyncDispose]() {
      await ann[Symbol.asyncDispose]()
      await bob[Symbol.asyncDispose]()
      await daemon[Symbol.asyncDispose]()
    },
  }
}
