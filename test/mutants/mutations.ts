/** One seeded bug: an exact text of one file and what stands there instead. */
export interface Mutation {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const mutation = (name: string, file: string, from: string, to: string): Mutation => ({ name, file: `daemon/${file}`, from, to })

/** The bugs that a daemon like this one is known for, and some of its own. Each must be noticed. */
export const MUTATIONS: readonly Mutation[] = [
  mutation(
    'confirm before commit',
    'store/pipeline.ts',
    'job.outcome = { ok: true, value: job.run(tx) }',
    'job.outcome = { ok: true, value: job.run(tx) }; this.#guard(() => job.settle(job.outcome as Outcome<never>)); Object.assign(job, { settle: () => undefined })',
  ),
  mutation('effect before commit', 'store/pipeline.ts', 'job.effects = tx.effects', 'for (const effect of tx.effects) this.#guard(effect)'),
  mutation(
    'delivery before the reply that caused it',
    'store/pipeline.ts',
    'this.#guard(() => job.settle(job.outcome as Outcome<never>))\n      for (const effect of job.effects ?? []) this.#guard(effect)',
    'for (const effect of job.effects ?? []) this.#guard(effect)\n      this.#guard(() => job.settle(job.outcome as Outcome<never>))',
  ),
  mutation('failed commit confirmed', 'store/pipeline.ts', '      job.outcome = { ok: false, error }\n      delete job.effects', '      delete job.effects'),
  mutation('failed command not undone', 'store/pipeline.ts', 'if (tx.hasWritten && !careful) return false', ''),
  mutation(
    'counter not saved',
    'store/store.ts',
    "for (const kind of this.#dirtyCounters) this.unsafeRun('INSERT",
    "for (const kind of [] as CounterKind[]) this.unsafeRun('INSERT",
  ),
  mutation(
    'id reused',
    'store/store.ts',
    'this.#counters.set(kind, last + count)',
    "this.#counters.set(kind, kind === 'message' && last % 50 === 49 ? last : last + count)",
  ),
  mutation('id of an undone row names a later one', 'store/store.ts', 'if (!ceilings || decoded.number <= (ceilings[kind] ?? 0))', 'if (decoded.number > 0)'),
  mutation('dedupe skipped', 'operations.ts', 'const repeat = findRepeat(tx, keyed)', 'const repeat = undefined as ReturnType<typeof findRepeat>'),
  mutation('credential not checked at the command', 'operations.ts', '    requireLive(tx, caller)\n', ''),
  mutation(
    'ack by another peer accepted',
    'threads/deliveries.ts',
    'if (row?.peer_id !== peerId || !isWaiting(row)) return false',
    'if (!row || !isWaiting(row)) return false',
  ),
  mutation('ack confirmed and not stored', 'threads/deliveries.ts', "endDelivery(tx, deps, row, 'acked', null)", 'void endDelivery'),
  mutation('lost backoff', 'threads/deliveries.ts', 'if (backoffMs > 0) deps.dispatcher.delay(', 'if (backoffMs < 0) deps.dispatcher.delay('),
  mutation('backoff that does not grow', 'threads/deliveries.ts', 'LIMITS.backoffFirstMs * 2 ** (failures - 1)', 'LIMITS.backoffFirstMs'),
  mutation('never dead', 'threads/deliveries.ts', 'if (failures >= LIMITS.maxFailures || attempt >= LIMITS.maxAttempts) {', 'if (attempt >= 1_000) {'),
  mutation('attempt not counted', 'threads/deliveries.ts', "row.state === 'offered' ? row.attempt : row.attempt + 1", 'row.attempt'),
  mutation(
    'stale nack accepted',
    'threads/mailbox.ts',
    'if (currentAttempt(row, deps) !== input.attempt) throw',
    'if (currentAttempt(row, deps) === undefined) throw',
  ),
  mutation('attempt raised on an orderly close', 'threads/mailbox.ts', "if (how === 'lost') failOrBury", 'if (how) failOrBury'),
  mutation('lost connection counted as a failure', 'threads/mailbox.ts', "'the connection was lost', false)", "'the connection was lost', true)"),
  mutation(
    'order ignores priority',
    'threads/mailbox.ts',
    'AND (priority, id) > (?, ?) ORDER BY priority, id LIMIT ?',
    'AND (priority, id) > (?, ?) ORDER BY id LIMIT ?',
  ),
  mutation(
    'thread concurrency 2',
    'threads/dispatcher.ts',
    '(!parcel.control && box.busy.has(parcel.threadId))',
    '(!parcel.control && (box.busy.get(parcel.threadId) ?? 0) > 1)',
  ),
  mutation('prefetch ignored', 'threads/dispatcher.ts', '(parcel.control || this.#room(box) > 0)', '(parcel.control || this.#room(box) > -3)'),
  mutation(
    'redelivery hidden',
    'threads/dispatcher.ts',
    'const redelivered = parcel.redelivered || parcel.attempt > 0',
    'const redelivered = parcel.attempt > 1',
  ),
  mutation('owed asks not presented again', 'threads/dispatcher.ts', 'const parcel = left > 0 ?', 'const parcel = left > 10_000 ?'),
  mutation('visibility never expires', 'threads/flights.ts', 'if (expiresAt > now) break', 'if (expiresAt > now - 600_000) break'),
  mutation('extension ignored', 'threads/mailbox.ts', 'deps.dispatcher.flights.extend(row.id)', 'void row'),
  mutation('no withdraw on cancel', 'threads/close.ts', 'if (!isWaiting(row) || row.peer_id !== closed.recipient_id) return', 'if (row.id > 0) return'),
  mutation('consumer not told of the end', 'threads/deliveries.ts', 'if (closedFrame) released?.consumer.port.send(closedFrame())', 'void released'),
  mutation('second close accepted', 'threads/close.ts', "const late = thread.state !== 'open'", 'const late = thread.id < 0'),
  mutation(
    'room not reserved for the answer',
    'threads/close.ts',
    'solicited: true, cause, control: !byRecipient',
    'solicited: false, cause, control: !byRecipient',
  ),
  mutation(
    'late answer dropped',
    'threads/close.ts',
    'const recipients = thread.opener_id !== null && isActive(tx, thread.opener_id) ? [thread.opener_id] : []',
    'const recipients: number[] = []',
  ),
  mutation(
    'expiry does not tell the asker',
    'threads/close.ts',
    '(ending.by === thread.opener_id ? [] : [thread.opener_id])',
    '(ending.by === null ? [] : [thread.opener_id])',
  ),
  mutation('event missing', 'threads/close.ts', "  tx.event({ type: 'thread.closed',", "  if (thread.id % 7 !== 0) tx.event({ type: 'thread.closed',"),
  mutation('escalation dropped', 'threads/deadlines.ts', 'if (thread.escalate_to === null) return', 'if (thread.id > 0) return'),
  mutation(
    'expired before its time',
    'threads/deadlines.ts',
    'if ((thread.deadline_at as number) <= tx.now)',
    'if ((thread.deadline_at as number) <= tx.now + 20_000)',
  ),
  mutation('dead letter without notice', 'threads/deadletters.ts', "if (outcome === 'dead') tellOfDeath(tx, deps, row, reason)", ''),
  mutation(
    'topic supersedes what is in flight',
    'threads/open.ts',
    "row?.state === 'queued' && !deps.dispatcher.flights.get(row.id)",
    "row?.state === 'queued'",
  ),
  mutation('restart forgets backoff', 'threads/index.ts', 'else deps.dispatcher.delay(delay, row.backoff_ms)', 'else void deps'),
  mutation('event sent twice', 'events/events.ts', 'WHERE e.seq > @after AND', 'WHERE e.seq >= @after AND'),
  mutation(
    'session: watch not told of what arrives',
    'threads/dispatcher.ts',
    'if (!box?.consumer) return this.#options.onWaiting(parcel.peerId)',
    'if (!box?.consumer) return',
  ),
  mutation(
    'session: woken without a lease',
    'sessions/registry.ts',
    'chosen.wokenUntil = this.#options.clock.monoMs() + LIMITS.wakeLeaseMs',
    'chosen.wokenUntil = undefined',
  ),
  mutation(
    'session: restart forgets a wake',
    'sessions/registry.ts',
    '#fetchedSinceStart: Set<number> | undefined = new Set()',
    '#fetchedSinceStart: Set<number> | undefined',
  ),
  mutation('session: low priority wakes', 'sessions/registry.ts', 'outlook.due > NORMAL', 'outlook.due > NORMAL + 1'),
  mutation('session: seen and never handed over', 'threads/seen.ts', ' AND peer_id = ? AND attempt > 0', ' AND peer_id = ?'),
  mutation('session: seen by another peer', 'threads/seen.ts', ' AND peer_id = ? AND attempt > 0', ' AND ? > 0 AND attempt > 0'),
  mutation('session: seen is no receipt', 'threads/seen.ts', 'if (waiting.length > 0) ackReceived', 'if (waiting.length < 0) ackReceived'),
  mutation(
    'session: seen without an event',
    'threads/seen.ts',
    "  tx.event({ type: 'mailbox.seen',",
    "  if (peer.peerId < 0) tx.event({ type: 'mailbox.seen',",
  ),
  mutation('session: two hold one delivery', 'threads/handover.ts', 'AND holder = ? ORDER BY', 'AND holder > -? ORDER BY'),
  mutation('session: a turn ends and keeps its mail', 'sessions/boundary.ts', 'rule.endsTurn && mail.endTurn(tx, peer)', 'undefined'),
  mutation('session: a wake in the middle of a turn carries everything', 'sessions/boundary.ts', 'registry.isWorking(peer)', 'false'),
  mutation('session: a steer becomes a prompt that carries everything', 'sessions/boundary.ts', "at === 'prompt' && registry.isSteered(peer)", 'false'),
  mutation('session: a tool carries everything', 'sessions/boundary.ts', "{ upTo: priorityNumber('urgent'),", "{ upTo: priorityNumber('low'),"),
  mutation(
    'session: two of a thread in hand',
    'threads/handover.ts',
    '(row.priority === CONTROL || !busy.has(row.thread_id))',
    '(row.priority === CONTROL || row.id > 0)',
  ),
  mutation(
    'session: handed over during its backoff',
    'threads/handover.ts',
    'deps.dispatcher.delays.has(row.id) || except?.has(row.id)',
    'except?.has(row.id)',
  ),
  mutation('wait strands a reply', 'threads/signals.ts', 'for (const listener of [...(this.#listeners.get(number) ?? [])]) listener()', 'void number'),
]
