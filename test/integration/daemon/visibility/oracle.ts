import { ID_KINDS, type IdKind } from '../../../../src/ids.ts'
import type { TestCore } from '../../../support/test-core.ts'

/**
 * What a caller may see, told from the raw tables by the rules of docs/protocol.md and in no other way: sets and loops here, SQL in
 * the daemon. Whatever an operation shows is looked through for ids and for the words that this world is made of, each of which
 * belongs to one name, one body or one description.
 */
export interface Viewer {
  readonly kind: 'peer' | 'admin'
  readonly peer: number
}

type Row = Readonly<Record<string, number | string | null>>

/** Words that stand for what they are part of: `zn12z` is in the name of one peer only. */
const WORD = /(?<![0-9a-z])z[a-z]\d+z(?![0-9a-z])/gi
const ID = new RegExp(`\\b(?:${Object.values(ID_KINDS).join('|')})_[0-9a-hjkmnp-tv-z]{7,17}\\b`, 'g')

export class Oracle {
  readonly ids = new Set<string>()
  readonly words = new Set<string>()
  /** The messages that it may read. */
  readonly messages = new Set<number>()
  readonly #daemon: TestCore
  readonly #viewer: Viewer
  readonly #tables = new Map<string, readonly Row[]>()
  readonly #peers: Map<number, Row>
  readonly #circles: Map<number, Row>
  readonly #granted: Set<number>
  readonly #own: number

  constructor(daemon: TestCore, viewer: Viewer) {
    this.#daemon = daemon
    this.#viewer = viewer
    this.#peers = new Map(this.#rows('peers').map((row) => [row['id'] as number, row]))
    this.#circles = new Map(this.#rows('circles').map((row) => [row['id'] as number, row]))
    this.#granted = new Set(this.#rows('grants').flatMap((row) => (row['peer_id'] === viewer.peer ? [row['circle_id'] as number] : [])))
    this.#own = (this.#peers.get(viewer.peer)?.['circle_id'] as number | undefined) ?? -1
    this.#whoIsWho()
    this.#threads()
    this.#ownWords()
    this.#files()
    this.#fans()
    this.#schedules()
    this.#pairing()
    this.#leads()
    this.#reviews()
    this.#watchdogs()
    this.#cards()
    this.#approvals()
    this.#channels()
    this.#ingress()
    this.#events()
    this.#credentials()
  }

  /** What of a document the viewer may not see. */
  leaks(document: unknown, given: unknown): string[] {
    const text = JSON.stringify(document)
    const said = new Set([...idsIn(JSON.stringify(given) ?? ''), ...wordsIn(JSON.stringify(given) ?? '')])
    return [...idsIn(text).filter((id) => !this.ids.has(id) && !said.has(id)), ...wordsIn(text).filter((word) => !this.words.has(word) && !said.has(word))]
  }

  get #admin(): boolean {
    return this.#viewer.kind === 'admin'
  }

  #rows(table: string): readonly Row[] {
    const rows = this.#tables.get(table) ?? this.#daemon.rows<Row>(`SELECT * FROM ${table}`)
    this.#tables.set(table, rows)
    return rows
  }

  #id(kind: IdKind, number: unknown): void {
    if (typeof number === 'number') this.ids.add(this.#daemon.core.store.id(kind, number))
  }

  #say(...texts: readonly unknown[]): void {
    for (const text of texts) {
      if (typeof text !== 'string') continue
      for (const word of wordsIn(text)) this.words.add(word)
      for (const id of idsIn(text)) this.ids.add(id)
    }
  }

  #into(circle: unknown): boolean {
    return this.#admin || circle === this.#own || this.#granted.has(circle as number)
  }

  /** A reference to a peer: its id, name and circle, and no more. */
  #ref(peer: unknown): void {
    const row = this.#peers.get(peer as number)
    if (!row) return
    this.#id('peer', row['id'])
    this.#say(row['name'], this.#circles.get(row['circle_id'] as number)?.['name'])
  }

  #whoIsWho(): void {
    for (const [id, { name }] of this.#circles) {
      if (!this.#into(id)) continue
      this.#id('circle', id)
      this.#say(name)
    }
    for (const [id, row] of this.#peers) {
      if (!this.#into(row['circle_id'])) continue
      this.#ref(id)
      this.#say(row['description'], row['capabilities'])
    }
    for (const row of this.#rows('pairs')) {
      const [a, b] = [this.#peers.get(row['a'] as number), this.#peers.get(row['b'] as number)]
      // Whoever is parked is told why, wherever the other is.
      const isOne = row['a'] === this.#viewer.peer || row['b'] === this.#viewer.peer
      if (isOne || (this.#into(a?.['circle_id']) && this.#into(b?.['circle_id']))) this.#say(row['reason'])
    }
  }

  #threads(): void {
    const { peer } = this.#viewer
    const messages = this.#rows('messages')
    const own = new Set<unknown>()
    const sentTo = new Map<unknown, Set<unknown>>()
    for (const row of this.#rows('deliveries')) sentTo.set(row['message_id'], (sentTo.get(row['message_id']) ?? new Set()).add(row['peer_id']))
    const threads = new Map(this.#rows('threads').map((row) => [row['id'], row]))
    const whole = (row: Row) => this.#admin || row['opener_id'] === peer || row['recipient_id'] === peer || this.#granted.has(row['circle_id'] as number)
    for (const message of messages) {
      const thread = threads.get(message['thread_id']) as Row
      const toPeer = sentTo.get(message['id'])?.has(peer) === true
      const ofSeveral = thread['recipient_id'] === null && sentTo.get(thread['head'])?.has(peer) === true && (toPeer || message['sender_id'] === peer)
      if (!whole(thread) && !ofSeveral) continue
      if (message['sender_id'] === peer) own.add(message['id'])
      this.#message(message, thread)
    }
    for (const row of this.#rows('deliveries')) {
      const mine = row['peer_id'] === peer || own.has(row['message_id'])
      if (!mine && !whole(threads.get(row['thread_id']) as Row)) continue
      this.#id('delivery', row['id'])
      this.#ref(row['peer_id'])
      this.#say(row['reason'])
    }
  }

  /**
   * What one said where one does not read any more, since an ask has gone to another with the lead, or never did, as with notes for a successor: that is
   * one's own to redact, and one is told where it died.
   */
  #ownWords(): void {
    const deaths = this.#deaths()
    for (const message of this.#rows('messages').filter((row) => row['sender_id'] === this.#viewer.peer)) {
      this.#id('message', message['id'])
      this.#id('message', message['caused_by'])
      this.#id('thread', message['thread_id'])
      this.#say(message['body'])
      for (const death of deaths.filter((row) => row['thread_id'] === message['thread_id'])) {
        this.#id('message', death['id'])
        this.#say(death['body'])
      }
      for (const row of this.#rows('deliveries').filter((one) => one['message_id'] === message['id'])) {
        this.#id('delivery', row['id'])
        this.#ref(row['peer_id'])
        this.#say(row['reason'])
      }
    }
  }

  /** What one was told of words that could not be delivered. */
  #deaths(): Row[] {
    const mine = new Set(this.#rows('deliveries').flatMap((row) => (row['peer_id'] === this.#viewer.peer ? [row['message_id']] : [])))
    return this.#rows('messages').filter((row) => row['kind'] === 'fail' && mine.has(row['id'] ?? null))
  }

  #message(message: Row, thread: Row): void {
    this.messages.add(message['id'] as number)
    this.#id('message', message['id'])
    this.#id('thread', thread['id'])
    // The id of a cause is shown to whoever sees what it caused; its words are not.
    this.#id('message', message['caused_by'])
    // Nor are those besides it whom a fan asks.
    this.#id('fan', thread['fan_id'])
    this.#say(message['body'], thread['reason'])
    for (const peer of [message['sender_id'], thread['opener_id'], thread['recipient_id'], thread['closed_by']]) this.#ref(peer)
  }

  /** One's own uploads, and what the messages carry that one may read. */
  #files(): void {
    const artifacts = new Map(this.#rows('artifacts').map((row) => [row['id'], row]))
    for (const row of artifacts.values()) {
      if (row['uploader_id'] !== this.#viewer.peer) continue
      this.#id('artifact', row['id'])
      this.#say(row['name'])
    }
    for (const row of this.#rows('attachments')) {
      if (!this.messages.has(row['message_id'] as number)) continue
      this.#id('attachment', row['id'])
      this.#say(artifacts.get(row['artifact_id'])?.['name'])
    }
  }

  /** Of one's own, of those that wake one, and, for orchestrators and people, of the circles that they see into. */
  #schedules(): void {
    const { peer } = this.#viewer
    const role = this.#peers.get(peer)?.['role']
    for (const row of this.#rows('schedules')) {
      const oversees = this.#admin || ((role === 'orchestrator' || role === 'person') && this.#into(row['circle_id']))
      if (!oversees && row['owner_id'] !== peer && row['target_id'] !== peer) continue
      this.#id('schedule', row['id'])
      this.#say(row['body'], row['label'], row['reason'], row['target'])
      this.#ref(row['owner_id'])
      this.#ref(row['target_id'])
      for (const one of this.#rows('occurrences').filter(({ schedule_id }) => schedule_id === row['id'])) this.#say(one['reason'])
    }
  }

  /** Pairings are for people and the administrator; an action for its person and who proposed it. */
  #pairing(): void {
    const { peer } = this.#viewer
    const isPerson = this.#peers.get(peer)?.['role'] === 'person'
    for (const row of this.#rows('pairings')) {
      if (!this.#admin && !isPerson) continue
      this.#id('pairing', row['id'])
      this.#say(row['person'], row['device'])
      this.#ref(row['begun_by'])
    }
    for (const row of this.#rows('actions')) {
      if (!this.#admin && row['person_id'] !== peer && row['proposed_by'] !== peer) continue
      this.#id('action', row['id'])
      this.#say(row['input'])
      this.#ref(row['person_id'])
      this.#ref(row['proposed_by'])
    }
  }

  /** The same of those that tell one; of a thread that one may not read, a watchdog names nothing. */
  #watchdogs(): void {
    const { peer } = this.#viewer
    const role = this.#peers.get(peer)?.['role']
    for (const row of this.#rows('watchdogs')) {
      const oversees = this.#admin || ((role === 'orchestrator' || role === 'person') && this.#into(row['circle_id']))
      if (!oversees && row['owner_id'] !== peer && row['tells_id'] !== peer) continue
      this.#id('watchdog', row['id'])
      // Who has it watched named it.
      if (row['owner_id'] === peer) this.#id('thread', row['thread_id'])
      if (row['owner_id'] === peer) this.#id('review', row['review_id'])
      this.#say(row['label'], row['reason'], this.#circles.get(row['scope_id'] as number)?.['name'])
      for (const one of [row['owner_id'], row['tells_id'], row['peer_id']]) this.#ref(one)
    }
  }

  /** One's own, and, for orchestrators and people, those of the circles that they see into; with what was said about them, and what they led to. */
  #cards(): void {
    const { peer } = this.#viewer
    const role = this.#peers.get(peer)?.['role']
    const oversees = (circle: unknown) => this.#admin || ((role === 'orchestrator' || role === 'person') && this.#into(circle))
    const requesters = this.#rows('decision_requesters')
    for (const row of this.#rows('decisions')) {
      const asked = requesters.filter(({ decision_id }) => decision_id === row['id'])
      if (!oversees(row['circle_id']) && !asked.some(({ peer_id }) => peer_id === peer)) continue
      this.#id('decision', row['id'])
      this.#say(row['content'], row['topic'], row['note'], row['action_name'], row['device'], this.#circles.get(row['circle_id'] as number)?.['name'])
      for (const one of [row['closed_by'], ...asked.map(({ peer_id }) => peer_id)]) this.#ref(one)
      for (const comment of this.#rows('decision_comments').filter(({ decision_id }) => decision_id === row['id'])) {
        this.#say(comment['body'])
        this.#ref(comment['by_id'])
      }
    }
  }

  /** The same of what a person has said yes to; tiers are for all of the circle. */
  #approvals(): void {
    const { peer } = this.#viewer
    const role = this.#peers.get(peer)?.['role']
    const oversees = (circle: unknown) => this.#admin || ((role === 'orchestrator' || role === 'person') && this.#into(circle))
    for (const row of this.#rows('approvals')) {
      if (!oversees(row['circle_id']) && row['requester_id'] !== peer) continue
      this.#id('approval', row['id'])
      this.#id('decision', row['decision_id'])
      this.#say(row['action_name'], row['scope'], this.#circles.get(row['circle_id'] as number)?.['name'])
      for (const one of [row['requester_id'], row['granted_by']]) this.#ref(one)
    }
    for (const row of this.#rows('tiers')) if (this.#into(row['circle_id'])) this.#ref(row['set_by'])
  }

  /** Of one's own person, for whoever is one; what they carry is nobody's to read there. */
  #channels(): void {
    for (const row of this.#rows('channels')) {
      if (!this.#admin && row['person_id'] !== this.#viewer.peer) continue
      this.#id('channel', row['id'])
      this.#say(row['label'])
      this.#ref(row['person_id'])
    }
  }

  /** Where events come in, and what came, is for orchestrators and people who see into the circle. */
  #ingress(): void {
    const role = this.#peers.get(this.#viewer.peer)?.['role']
    for (const row of this.#rows('sources')) {
      const oversees = this.#admin || ((role === 'orchestrator' || role === 'person') && this.#into(row['circle_id']))
      if (!oversees) continue
      this.#id('source', row['id'])
      this.#say(row['name'], row['target'], row['template'], row['pause_reason'], this.#circles.get(row['circle_id'] as number)?.['name'])
      this.#ref(row['peer_id'])
      this.#ref(row['created_by'])
      this.#ref(row['paused_by'])
      for (const arrival of this.#rows('arrivals').filter(({ source_id }) => source_id === row['id'])) {
        this.#id('arrival', arrival['id'])
        this.#say(arrival['event'], arrival['delivery'], arrival['reason'])
      }
    }
  }

  /** Who leads and stands by is for whoever sees into the circle; what is handed over for its orchestrators and the people among them. */
  #leads(): void {
    const { peer } = this.#viewer
    const role = this.#peers.get(peer)?.['role']
    const oversees = (circle: unknown) => this.#admin || (role === 'orchestrator' && circle === this.#own) || (role === 'person' && this.#into(circle))
    for (const row of this.#rows('leaderships')) if (oversees(row['circle_id'])) this.#say(row['notes'])
    for (const row of this.#rows('handovers')) if (oversees(row['circle_id'])) this.#say(row['record'])
  }

  /** Of the circles that one sees into, with all that was said about them and who had a part in them. The ask is for those between whom it is. */
  #reviews(): void {
    const { peer } = this.#viewer
    for (const row of this.#rows('reviews')) {
      if (!this.#into(row['circle_id'])) continue
      this.#id('review', row['id'])
      this.#id('artifact', row['artifact_id'])
      this.#say(row['title'], row['reason'], this.#circles.get(row['circle_id'] as number)?.['name'])
      for (const part of [row['reviewer_id'], row['assignee_id'], row['assigned_by']]) this.#ref(part)
      if (this.#admin || row['assignee_id'] === peer || row['assigned_by'] === peer) this.#id('thread', row['thread_id'])
      for (const part of this.#rows('review_peers')) if (part['review_id'] === row['id']) this.#ref(part['peer_id'])
      for (const entry of this.#rows('review_entries').filter(({ review_id }) => review_id === row['id'])) {
        this.#say(entry['note'])
        this.#ref(entry['by_id'])
        this.#ref(entry['to_id'])
      }
    }
  }

  /** A fan is its asker's alone, with whom it could not ask. */
  #fans(): void {
    const own = this.#rows('fans').filter((row) => this.#admin || row['opener_id'] === this.#viewer.peer)
    for (const row of own) {
      this.#id('fan', row['id'])
      this.#say(row['reason'])
      this.#ref(row['opener_id'])
    }
    for (const row of this.#rows('fan_refusals')) if (own.some(({ id }) => id === row['fan_id'])) this.#ref(row['peer_id'])
  }

  #events(): void {
    const { peer } = this.#viewer
    for (const row of this.#rows('events')) {
      const open = row['audience'] === 'circle' && row['circle_id'] === this.#own
      const granted = row['audience'] !== 'admin' && this.#granted.has(row['circle_id'] as number)
      const pairing = String(row['type']).startsWith('pairing.') && this.#peers.get(peer)?.['role'] === 'person'
      if (!this.#admin && row['actor_id'] !== peer && row['peer_id'] !== peer && !open && !granted && !pairing) continue
      this.#ref(row['actor_id'])
      this.#say(this.#circles.get(row['circle_id'] as number)?.['name'], row['changed'])
      if (row['subject_kind'] !== null) this.#id(row['subject_kind'] as 'peer', row['subject'])
    }
  }

  #credentials(): void {
    for (const row of this.#rows('credentials')) {
      if (!this.#admin && row['peer_id'] !== this.#viewer.peer) continue
      this.#id('credential', row['id'])
      this.#say(row['label'])
    }
    // A peer sees what it minted itself.
    for (const row of this.#rows('enrolments').filter(({ parent_id }) => this.#admin || parent_id === this.#viewer.peer)) {
      this.#id('enrolment', row['id'])
      this.#say(row['label'])
    }
  }
}

function wordsIn(text: string): string[] {
  return (text.match(WORD) ?? []).map((word) => word.toLowerCase())
}

function idsIn(text: string): string[] {
  return text.match(ID) ?? []
}
