import type { Device } from '../../../src/contract/index.ts'
import { expectId } from '../arguments.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { family } from '../family.ts'
import { showList } from '../listing.ts'
import { asReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { relativeTime } from '../when.ts'

export const command = family({
  name: 'devices',
  about: ['The devices that speak for people. Whoever loses one revokes it: that ends what it may do, and closes its connections, at once.'],
  fallback: 'list',
  actions: {
    list: { summary: 'The devices', words: [], run: list },
    rename: { summary: 'Call one otherwise', words: ['device', 'name'], run: rename },
    revoke: { summary: 'End what one may do', words: ['device'], run: revoke },
  },
  examples: [
    ['muster devices', 'what is paired, and since when'],
    ['muster devices revoke crd_k7qm2x4', 'the phone is lost'],
    ['muster pair', 'another one'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { devices } = await asReader(invocation, ({ call }) => call('devices.list', {}))
  return showList(invocation.out, { document: { devices }, rows: devices, show, none: 'No device is paired: muster pair.' })
}

async function rename(invocation: Invocation): Promise<number> {
  const [id = '', name = ''] = invocation.words
  const input = { device: expectId(id, ['credential']), name }
  const { device } = await asReader(invocation, ({ call }) => call('devices.rename', input))
  return say(invocation, device, `${device.id} is called ${device.name}.`)
}

async function revoke(invocation: Invocation): Promise<number> {
  const input = { device: expectId(invocation.words[0] ?? '', ['credential']) }
  const { device } = await asReader(invocation, ({ call }) => call('devices.revoke', input))
  return say(invocation, device, `${device.name} speaks for ${device.person.name} no more.`)
}

function say({ out }: Invocation, device: Device, text: string): number {
  if (out.json) out.document({ device })
  else out.line(text)
  return EXIT.ok
}

function show(out: Output, devices: readonly Device[]): void {
  out.table(
    ['DEVICE', 'PERSON', 'PAIRED', 'LAST USED', '', 'ID'],
    devices.map(({ id, name, person, first, pairedAt, lastUsedAt, revokedAt }) => [
      name,
      person.name,
      relativeTime(pairedAt, out.now),
      lastUsedAt === null ? 'never' : relativeTime(lastUsedAt, out.now),
      [...(first ? ['first pairing'] : []), ...(revokedAt === null ? [] : ['revoked'])].join(', '),
      id,
    ]),
  )
}
