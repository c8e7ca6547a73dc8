import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Address, Id, Line, Name, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'

/** What a device calls itself: "Ann's phone". */
const DeviceName = Line(LIMITS.maxDeviceChars).min(1)
/** As it is typed: without regard to case, with spaces or dashes anywhere. */
const Code = Line(32).min(1)
const Nothing = z.strictObject({})

/**
 * One attempt to make a device a person's. `open`: its code can be redeemed; `redeemed`: a device did, and waits to be confirmed; `paired`: it was;
 * `ended`: it never will be, and `reason` says why.
 */
export const Pairing = z.object({
  id: Id('pairing'),
  /** Whose device it is going to be, by name. */
  person: Name,
  /** Whether there was no person on this node before. Stays for ever. */
  first: z.boolean(),
  state: z.enum(['open', 'redeemed', 'paired', 'ended']),
  reason: z.string().nullable(),
  /** What the device calls itself, once it has redeemed the code. */
  device: z.string().nullable(),
  /** Four digits that the device shows as well, while it waits to be confirmed. */
  comparison: z.string().nullable(),
  /** How often the code was used again after it had been redeemed: somebody else has it. */
  reused: z.int(),
  /** `null`: the administrator. */
  begunBy: PeerRef.nullable(),
  createdAt: Time,
  expiresAt: Time,
  endedAt: Time.nullable(),
})

export const Device = z.object({
  /** Its credential. */
  id: Id('credential'),
  name: z.string(),
  person: PeerRef,
  /** Whether it was the one that made the first person of this node. */
  first: z.boolean(),
  pairedAt: Time,
  lastUsedAt: Time.nullable(),
  revokedAt: Time.nullable(),
})

const noTool = { none: 'What makes a person is never offered to a model.' } as const

export const beginPairing = operation({
  name: 'pairings.begin',
  kind: 'command',
  access: 'reader',
  summary: "Get a one-time code with which a device can become a person's; an earlier one that is under way ends.",
  input: z.strictObject({
    /** A person of this node, or a new one. Defaults to oneself, to the only one there is, or to `owner` where there is none. */
    person: Name.optional(),
  }),
  output: z.object({
    pairing: Pairing,
    /** Shown once. */
    code: z.string(),
    /** Where a device can reach the daemon, as `publicUrl` says; the code goes behind it as `#<code>`. */
    url: z.string().nullable(),
  }),
  doors: { http: 'POST /v1/pairings 201', cli: 'pair', mcp: noTool },
})

export const redeemPairing = operation({
  name: 'pairings.redeem',
  kind: 'command',
  access: 'anyone',
  summary: 'Exchange a code for a credential, once. The credential is good when the pairing has been confirmed.',
  input: z.strictObject({ code: Code, device: DeviceName }),
  output: z.object({ pairing: Pairing, token: z.string() }),
  doors: {
    http: 'POST /v1/redemptions 201',
    cli: { none: 'A terminal is no device: what its user can read, every program of that user can.' },
    mcp: noTool,
  },
})

export const confirmPairing = operation({
  name: 'pairings.confirm',
  kind: 'command',
  access: 'reader',
  summary:
    'Say that the device that shows these digits is the one that was meant. The first of a node is for the administrator to confirm, each later one for a person.',
  input: z.strictObject({ pairing: Id('pairing'), comparison: z.string().regex(/^\d{4}$/, 'Expected the four digits that the device shows') }),
  output: z.object({ pairing: Pairing }),
  doors: { http: 'POST /v1/pairings/:pairing/confirm', cli: 'pair', mcp: noTool },
})

export const cancelPairing = operation({
  name: 'pairings.cancel',
  kind: 'command',
  access: 'reader',
  summary: 'End a pairing that is under way: its code, and the credential that was not confirmed yet, are worth nothing.',
  input: z.strictObject({ pairing: Id('pairing') }),
  output: z.object({ pairing: Pairing }),
  doors: { http: 'DELETE /v1/pairings/:pairing', cli: 'pair', mcp: noTool },
})

export const listPairings = operation({
  name: 'pairings.list',
  kind: 'query',
  access: 'reader',
  summary: 'The pairings, the newest first: for people and the administrator.',
  input: Nothing,
  output: z.object({ pairings: z.array(Pairing) }),
  doors: { http: 'GET /v1/pairings', cli: 'pair', mcp: noTool },
})

export const listDevices = operation({
  name: 'devices.list',
  kind: 'query',
  access: 'reader',
  summary: 'The devices: a person sees its own, the administrator all.',
  input: Nothing,
  output: z.object({ devices: z.array(Device) }),
  doors: { http: 'GET /v1/devices', cli: 'devices list', mcp: noTool },
})

export const renameDevice = operation({
  name: 'devices.rename',
  kind: 'command',
  access: 'reader',
  summary: 'Call a device otherwise: its person, or the administrator.',
  input: z.strictObject({ device: Id('credential'), name: DeviceName }),
  output: z.object({ device: Device }),
  doors: { http: 'PATCH /v1/devices/:device', cli: 'devices rename', mcp: noTool },
})

export const revokeDevice = operation({
  name: 'devices.revoke',
  kind: 'command',
  access: 'reader',
  summary: 'End what a device may do, at once: its person, or the administrator. It takes a pairing to come back.',
  input: z.strictObject({ device: Id('credential') }),
  output: z.object({ device: Device }),
  doors: { http: 'DELETE /v1/devices/:device', cli: 'devices revoke', mcp: noTool },
})

/** One operation with its exact input, to be done once in a person's name. */
export const PersonAction = z.object({
  id: Id('action'),
  person: PeerRef,
  operation: z.string(),
  /** As the contract read it: defaults are filled in. */
  input: z.record(z.string(), z.unknown()),
  state: z.enum(['waiting', 'done', 'rejected', 'ended']),
  reason: z.string().nullable(),
  /** By what it was done: a paired device, or the person's passphrase. */
  how: z.enum(['device', 'passphrase']).nullable(),
  /** `null`: the administrator. */
  proposedBy: PeerRef.nullable(),
  /** What the operation answered. */
  output: z.record(z.string(), z.unknown()).nullable(),
  createdAt: Time,
  expiresAt: Time,
  endedAt: Time.nullable(),
})

export const proposeAction = operation({
  name: 'actions.propose',
  kind: 'command',
  access: 'reader',
  summary: 'Ask a person to have one operation done once in its name, as a terminal does that has no authority of its own.',
  input: z.strictObject({
    /** A command that a person may call. */
    operation: Line(64).min(1),
    input: z.record(z.string().max(100), z.unknown()).default({}),
    /** Defaults to the only person there is. */
    person: Address.optional(),
  }),
  output: z.object({
    action: PersonAction,
    /** Four digits that whoever proposes shows, and the person types on the device. */
    code: z.string(),
  }),
  doors: { http: 'POST /v1/actions 201', cli: 'as-person', mcp: noTool },
})

export const approveAction = operation({
  name: 'actions.approve',
  kind: 'command',
  access: 'person',
  summary: 'Have it done, in the same transaction and in your name. Where it is refused, it waits on.',
  input: z.strictObject({ action: Id('action'), code: z.string().regex(/^\d{4}$/, 'Expected the four digits that the terminal shows') }),
  output: z.object({ action: PersonAction }),
  doors: { http: 'POST /v1/actions/:action/approve', cli: { none: 'It takes a paired device.' }, mcp: noTool },
})

export const rejectAction = operation({
  name: 'actions.reject',
  kind: 'command',
  access: 'reader',
  summary: 'Have it not done: the person, or who proposed it.',
  input: z.strictObject({ action: Id('action') }),
  output: z.object({ action: PersonAction }),
  doors: { http: 'DELETE /v1/actions/:action', cli: 'as-person', mcp: noTool },
})

export const getAction = operation({
  name: 'actions.get',
  kind: 'query',
  access: 'reader',
  summary: 'One proposed action and what became of it: for its person, and for who proposed it.',
  input: z.strictObject({ action: Id('action') }),
  output: z.object({ action: PersonAction }),
  doors: { http: 'GET /v1/actions/:action', cli: 'as-person', mcp: noTool },
})

export const listActions = operation({
  name: 'actions.list',
  kind: 'query',
  access: 'person',
  summary: 'What waits to be done in your name, the newest first.',
  input: Nothing,
  output: z.object({ actions: z.array(PersonAction) }),
  doors: { http: 'GET /v1/actions', cli: { none: 'It takes a paired device.' }, mcp: noTool },
})
