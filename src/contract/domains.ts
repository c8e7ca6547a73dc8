import type { OperationName } from './index.ts'

type Domain = OperationName extends `${infer D}.${string}` ? D : never

/** What the operations of a domain are about: the first word of their names. */
export const DOMAINS: Readonly<Record<Domain, string>> = {
  node: 'The daemon itself.',
  peers: 'The muster roll: agents, programs and people.',
  enrolments: 'Credentials that mint peers.',
  credentials: 'Tokens of peers and of the administrator.',
  circles: 'Groups of peers that may address each other.',
  grants: 'Who may reach and read another circle.',
  pairings: "Making a device a person's.",
  devices: 'What speaks for people.',
  actions: 'One operation, once, in the name of a person.',
  passphrase: 'By which a terminal acts as a person, once.',
  artifacts: 'Files: what peers upload, and what messages carry.',
  threads: 'Asks and notifies, and what is said in them.',
  fans: 'One ask to many, with a joined result.',
  messages: 'Finding messages again, by their words and by their causes.',
  pairs: 'Peers that were parked as runaways.',
  mailbox: 'What waits for a peer, and its dead letters.',
  schedules: 'Messages at a time, or again and again.',
  reviews: 'What was touched and is owed a look.',
  decisions: 'Cards that wait for a person.',
  approvals: 'What a person has said yes to: one-shot approvals and leases.',
  tiers: 'Which kinds of action need a person.',
  push: 'Push messages to the browser of a paired device.',
  channels: 'How people are reached away from the dashboard.',
  orchestrators: 'Who leads a circle, who stands by, and what is handed over.',
  watchdogs: 'Being told when a peer is silent, an ask open, or a review owed, for too long.',
  board: 'Who works on what.',
  ingress: 'Signed events from outside that become messages.',
  sessions: 'Agent sessions: what their hooks report and carry.',
  digest: 'What needs a caller, and what has changed since it last looked.',
  events: 'The append-only log of what has happened.',
}
