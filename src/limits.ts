/** Every bound of the daemon and the wire, with its unit. `hello` sends those that a client must know. */
export const LIMITS = {
  // Frames and bodies
  maxFrameBytes: 1_048_576,
  maxBodyBytes: 262_144,
  maxReasonChars: 2_000,
  maxDescriptionChars: 1_000,
  maxNameChars: 64,
  maxCapabilities: 32,
  maxKeyChars: 64,
  /** What joins by an enrolment that a peer minted for those it spawns, and how long that can be used. */
  maxSpawned: 100,
  spawningMs: 86_400_000,
  // Connections
  maxConnections: 20_000,
  helloTimeoutMs: 10_000,
  heartbeatMs: 15_000,
  /** Unanswered heartbeats until a peer is `away`, and until its connection is cut. */
  awayAfterBeats: 2,
  cutAfterBeats: 4,
  maxRequestsInFlight: 1_024,
  /** Frames that are not requests, before the connection is closed. */
  maxBadFrames: 32,
  /** Bytes a connection may leave unread before its mailbox is parked, and before it is closed. */
  parkAtBufferedBytes: 1_048_576,
  closeAtBufferedBytes: 8_388_608,
  /** How long a connection may stay parked without reading: less than `visibilityMs`, so that its offers return before they time out. */
  parkedForMs: 30_000,
  // Mailboxes
  prefetch: 32,
  maxPrefetch: 1_024,
  visibilityMs: 60_000,
  pullVisibilityMs: 21_600_000,
  maxUnsolicited: 1_000,
  maxFailures: 5,
  maxAttempts: 20,
  backoffFirstMs: 1_000,
  backoffLastMs: 300_000,
  maxAcksPerRequest: 1_000,
  maxOwedPresented: 100,
  // Agent sessions
  maxSeenPerBoundary: 200,
  maxPerBoundary: 50,
  /** How long a wake is outstanding when nothing says what became of it. */
  wakeLeaseMs: 120_000,
  /** How long a call without a connection counts as a sign of life. */
  signOfLifeMs: 120_000,
  // Threads
  defaultDeadlineMs: 86_400_000,
  minDeadlineMs: 1_000,
  maxDeadlineMs: 31_536_000_000,
  /** The recipient of an open ask is reminded when this share of its time has passed. */
  reminderAtShare: 0.75,
  maxThreadMessages: 1_000,
  /** Recipients of one notify or broadcast. */
  maxFanOut: 1_000,
  /** Recipients of a fan: few enough that all its asks can end in one command. */
  maxFanAsks: 256,
  /** What the bodies of all asks of a fan may take together. */
  maxFanBytes: 16_777_216,
  maxWaitMs: 3_600_000,
  // Schedules
  maxSchedules: 1_000,
  /** The least time between two occurrences: a schedule is a check-in, no loop. */
  minIntervalMs: 60_000,
  maxIntervalMs: 31_536_000_000,
  maxJitterMs: 3_600_000,
  /** An occurrence that is later than this was missed, as after a time in which the daemon was down. */
  lateMs: 60_000,
  /** How many missed occurrences are looked at one by one, and how many of them fire at most. */
  maxMissedCounted: 100,
  maxMissedFired: 50,
  /** Schedules that one command fires, and commands at once, so that what else waits gets its turn. */
  maxFiredAtOnce: 32,
  firingCommands: 8,
  maxGates: 8,
  maxPreview: 50,
  /** A schedule that fails this many times in a row pauses. */
  maxScheduleFailures: 5,
  // Reviews
  maxUrlChars: 500,
  maxTitleChars: 300,
  maxNoteChars: 8_000,
  /** What one message says that its sender touched, and the links in a body that are followed up. */
  maxTouched: 16,
  maxLinks: 8,
  /** Owed at a time, in one circle. What becomes owed again is never refused. */
  maxOwedReviews: 500,
  /** Beyond so many, a link alone puts no more into the queue: who talks much must not keep out what was touched. */
  maxLinkedReviews: 250,
  /** Entries in the history of one review that peers may make. */
  maxReviewEntries: 1_000,
  maxForgeReviews: 50,
  /** How long is kept what has ended, and what was reviewed and not heard of since. */
  reviewMs: 7_776_000_000,
  maxObservations: 100,
  /** How far up and down those who spawned one another are followed. */
  maxLineage: 256,
  // Decisions
  /** Cards of one peer that wait at the same time: more of them are not read. */
  maxWaitingCards: 32,
  maxCardPeople: 32,
  maxCardRequesters: 64,
  maxCardComments: 200,
  maxArgumentBytes: 16_384,
  /** How long a one-shot approval can be used, and the longest that a lease may last. */
  approvalMs: 86_400_000,
  maxLeaseMs: 2_592_000_000,
  maxLeaseUses: 1_000,
  minDefaultMs: 60_000,
  maxDefaultMs: 31_536_000_000,
  maxTiers: 200,
  /** How soon people that have come are given the cards that wait. */
  cardLookMs: 1_000,
  /** How long the card of a runtime stays when nobody waits for it any more; and after a start. */
  permitGraceMs: 2_000,
  permitStartMs: 15_000,
  cardMs: 7_776_000_000,
  // Orchestrators
  /** How long a leader may be away until its lease lapses: enough for a restart of its session or of the daemon. */
  leaderLeaseMs: 60_000,
  maxNotesChars: 16_000,
  /** Of each list in a handover record. */
  maxHandoverItems: 50,
  maxKeptAsks: 32,
  /** Records kept of a circle. */
  keptHandovers: 50,
  maxStandbys: 50,
  // Watchdogs
  maxWatchdogs: 256,
  /** The least and the longest time that one waits for. */
  minWatchMs: 60_000,
  maxWatchMs: 31_536_000_000,
  /** After a start, a suspend or a leap of the clock, silence is judged after its own time, and after this at most. */
  watchGraceMs: 3_600_000,
  /** Breaches of one watchdog that go on at the same time: more of them tell nobody anything more. */
  maxOpenBreaches: 100,
  /** Watchdogs that one command looks at, and commands at once. */
  maxLookedAt: 32,
  lookingCommands: 8,
  /** What one notice names. */
  maxToldBreaches: 10,
  // Boards
  maxTaskTitleChars: 120,
  maxTaskStepChars: 200,
  maxTaskAfter: 16,
  maxTaskSteps: 1_000_000,
  maxBoardTasks: 100,
  /** Asks that are looked at for one board: open ones, and ended ones. */
  maxBoardExamined: 400,
  /** Of the first line of a body, and of what was said last. */
  maxBoardSaidChars: 500,
  /** Messages that are looked at for what was said last. */
  maxBoardLookBack: 8,
  /** Of the user notes, so much is told. */
  maxBoardNotesChars: 16_000,
  // Channels
  maxPushEndpointChars: 2_048,
  /** Of one person, and at work at the same time. */
  maxPersonChannels: 16,
  maxBusyChannels: 256,
  /** How long a code that binds an account, and the buttons of a card, are good for. */
  bindingCodeMs: 600_000,
  nonceMs: 86_400_000,
  /** A notice that could not be sent is tried again after the first, doubled each time, up to the last; after so many tries it is dead. */
  noticeBackoffFirstMs: 5_000,
  noticeBackoffLastMs: 3_600_000,
  maxNoticeTries: 12,
  /** Notices of one channel that wait or are dead: further messages are not told there. Cards always are. */
  maxWaitingNotices: 200,
  /** The longest that the other side may have one wait. */
  noticeRetryMs: 86_400_000,
  /** Of a body, in characters; the rest is behind the link. */
  maxNoticeChars: 600,
  // Pairing
  maxDeviceChars: 64,
  /** How long a code, and an action that waits for a person, are good for. */
  pairingMs: 300_000,
  actionMs: 300_000,
  /** Wrong codes that end the pairing under way, and that are looked at in a minute. */
  maxWrongCodes: 5,
  wrongCodesPerMinute: 10,
  maxWrongDigits: 3,
  /** Actions that wait for one person, and from one who proposes. */
  maxWaitingActions: 16,
  maxProposedActions: 4,
  maxActionBytes: 65_536,
  /** Of a passphrase: its characters, and how many of them differ at least. */
  minPassphraseChars: 16,
  minPassphraseDifferent: 8,
  maxPassphraseChars: 256,
  /** Wrong passphrases after which none is looked at for a while; from then on each further one has the same pause behind it. */
  maxWrongPassphrases: 5,
  passphrasePauseMs: 900_000,
  /** Passphrases that wait to be looked at: that is done one after the other. */
  maxWaitingPassphrases: 8,
  /** Of what has ended, so many are kept. */
  keptPairings: 200,
  keptActions: 1_000,
  // Ingress
  maxSources: 100,
  /** With `hook-` before it, it is the name of a peer. */
  maxSourceNameChars: 56,
  /** The body of one event, and such bodies that are read at once. */
  maxEventBytes: 262_144,
  maxEventsAtOnce: 256,
  maxEventsPerMinute: 6_000,
  /** How far the time that an event is signed with may be from ours. */
  eventWindowMs: 300_000,
  /** For so long the same body without an id is the same event, where its time is signed or nothing is. */
  sameBodyMs: 900_000,
  /** What a sender is told to wait when a message could not be sent, or a source is paused. */
  eventRetryMs: 60_000,
  maxTemplateChars: 8_000,
  /** What one placeholder, and all the text, may come to. */
  maxFilledChars: 4_000,
  maxRenderedChars: 32_000,
  maxSourceEvents: 50,
  maxSourceFilters: 8,
  /** Of what was turned away, so much is remembered of each source. */
  keptRefusals: 20,
  // Attachments
  maxArtifactBytes: 33_554_432,
  maxFileNameBytes: 255,
  maxMediaTypeChars: 127,
  /** Of one message. */
  maxAttachments: 16,
  /** What the uploads of one peer, and of all peers together, may take on the disk. */
  peerArtifactBytes: 1_073_741_824,
  nodeArtifactBytes: 10_737_418_240,
  /** No file counts for less: the disk gives it out in such pieces. */
  artifactBlockBytes: 4_096,
  /** Uploads under way, of one peer and of all. */
  maxPeerUploads: 4,
  maxUploads: 32,
  /** How long an upload may send nothing, and how long it may take. */
  uploadIdleMs: 30_000,
  uploadMs: 900_000,
  /** What one call of `artifacts.read` gives. */
  maxReadBytes: 262_144,
  // Runaways
  maxHops: 16,
  pairMessages: 30,
  pairWindowMs: 600_000,
  pairParkedMs: 600_000,
  // Reading
  maxPage: 200,
  maxExamined: 1_000,
  maxCandidates: 10,
  maxSubscriptions: 16,
  maxWaits: 256,
  // Scans: searching and whatever else may read more than a query
  scanMs: 5_000,
  /** How long the thread that runs them is kept without work. */
  scanIdleMs: 60_000,
  maxScansWaiting: 64,
  /** Of one credential, waiting and running. */
  maxScansPerCaller: 8,
  maxScanned: 200_000,
  maxQueryChars: 500,
  maxQueryPhrases: 16,
  maxQueryPrefixes: 2,
  minPrefixChars: 2,
  /** The newest matches, among which the best are found. */
  maxRanked: 1_000,
  /** Characters at the beginning of a message in which it is found. */
  indexedChars: 16_384,
  /** One command of the index: so many messages, of so many characters together. */
  indexMessages: 256,
  indexChars: 65_536,
  /** The index is filled when nothing was committed for this long, and at least this often. */
  indexQuietMs: 20,
  indexEveryMs: 2_000,
  /** Commands of one run of the index while others work: a twentieth of their time. */
  indexBusyCommands: 16,
  // Keeping
  idempotencyMs: 604_800_000,
  closedThreadMs: 7_776_000_000,
  eventMs: 2_592_000_000,
  occurrenceMs: 7_776_000_000,
  breachMs: 7_776_000_000,
  arrivalMs: 2_592_000_000,
  /** An upload that no message has carried yet, and one whose last message is gone. */
  looseUploadMs: 86_400_000,
  uncarriedMs: 604_800_000,
  purgeRows: 500,
  // The commit pipeline
  batchOperations: 256,
  batchMs: 10,
  drainMs: 10_000,
  /** How long clients stay away from a daemon that stops in order: a restart takes about this. */
  restartMs: 500,
  /** No timer is trusted for longer than this: machines sleep and clocks step. */
  maxTimerMs: 30_000,
  /** A divergence of the two clocks beyond this counts as a suspend or a clock step. */
  clockDivergenceMs: 5_000,
} as const
