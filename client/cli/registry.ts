import type { Command } from './command.ts'

export interface Listed {
  readonly group: 'The daemon' | 'Asking and telling' | 'Looking' | 'Keeping order' | 'For your shell' | 'For agent programs'
  readonly summary: string
  /** Loaded on use, so that no command pays for another's imports. */
  readonly load: () => Promise<{ readonly command: Command }>
}

/** Every word that may follow `muster`, in the order in which help shows them. */
export const COMMANDS: Readonly<Record<string, Listed>> = {
  up: { group: 'The daemon', summary: 'Start the daemon, or say that it runs', load: () => import('./commands/up.ts') },
  down: { group: 'The daemon', summary: 'Stop the daemon in an orderly way', load: () => import('./commands/down.ts') },
  status: { group: 'The daemon', summary: 'How the daemon is and what waits', load: () => import('./commands/status.ts') },
  logs: { group: 'The daemon', summary: "The daemon's log", load: () => import('./commands/logs.ts') },
  doctor: { group: 'The daemon', summary: 'Whether all is as it should be, agent programs too', load: () => import('./commands/doctor.ts') },
  backup: { group: 'The daemon', summary: 'Copy the node into a folder, while it runs', load: () => import('./commands/backup.ts') },
  restore: { group: 'The daemon', summary: 'Go back to a backup', load: () => import('./commands/restore.ts') },
  config: { group: 'The daemon', summary: 'Read and change settings; see where each comes from', load: () => import('./commands/config.ts') },
  service: { group: 'The daemon', summary: 'Have systemd or launchd start the daemon', load: () => import('./commands/service.ts') },
  token: { group: 'The daemon', summary: 'Mint, list and revoke credentials', load: () => import('./commands/token.ts') },
  ask: { group: 'Asking and telling', summary: 'Ask a peer and wait for its answer', load: () => import('./commands/ask.ts') },
  notify: { group: 'Asking and telling', summary: 'Tell a peer something that needs no answer', load: () => import('./commands/notify.ts') },
  fan: { group: 'Asking and telling', summary: 'Ask many the same and join what they answer', load: () => import('./commands/fan.ts') },
  pipe: { group: 'Asking and telling', summary: "Ask one peer after the other, each with the last one's answer", load: () => import('./commands/pipe.ts') },
  cast: { group: 'Asking and telling', summary: 'Ask without waiting: prints a ticket', load: () => import('./commands/cast.ts') },
  result: { group: 'Asking and telling', summary: 'Wait for what you asked and print it', load: () => import('./commands/result.ts') },
  broadcast: { group: 'Asking and telling', summary: 'Tell everybody of a circle, a role or a capability', load: () => import('./commands/broadcast.ts') },
  schedule: { group: 'Asking and telling', summary: 'Send later, or again and again', load: () => import('./commands/schedule.ts') },
  review: { group: 'Asking and telling', summary: 'What is owed a look; ask for one, give one, mark one', load: () => import('./commands/review.ts') },
  decide: { group: 'Asking and telling', summary: 'Cards that wait for a person; approvals and tiers', load: () => import('./commands/decide.ts') },
  watchdog: { group: 'Asking and telling', summary: 'Be told of silence, late asks and late reviews', load: () => import('./commands/watchdog.ts') },
  inbox: { group: 'Asking and telling', summary: 'Take what waits for you; see what you owe', load: () => import('./commands/inbox.ts') },
  answer: { group: 'Asking and telling', summary: 'Answer an ask, or say more in a thread', load: () => import('./commands/answer.ts') },
  decline: { group: 'Asking and telling', summary: 'Decline an ask, with the reason', load: () => import('./commands/decline.ts') },
  attachment: { group: 'Looking', summary: 'Get a file that you were sent; list those you uploaded', load: () => import('./commands/attachment.ts') },
  describe: { group: 'Asking and telling', summary: 'Say what you do and are able to do', load: () => import('./commands/describe.ts') },
  redact: { group: 'Asking and telling', summary: 'Replace what a message says by a tombstone', load: () => import('./commands/redact.ts') },
  overview: { group: 'Looking', summary: 'What needs attention, the most urgent first (muster alone)', load: () => import('./commands/overview.ts') },
  digest: { group: 'Looking', summary: 'What needs you, and what changed since you looked', load: () => import('./commands/digest.ts') },
  peers: { group: 'Looking', summary: 'The muster roll; rename or retire a peer', load: () => import('./commands/peers.ts') },
  thread: { group: 'Looking', summary: 'Your threads, one thread, or cancel one', load: () => import('./commands/thread.ts') },
  trace: { group: 'Looking', summary: "A message's life with times", load: () => import('./commands/trace.ts') },
  search: { group: 'Looking', summary: 'Messages by their words', load: () => import('./commands/search.ts') },
  why: { group: 'Looking', summary: 'What caused a message, and what it led to', load: () => import('./commands/why.ts') },
  timeline: { group: 'Looking', summary: 'What a peer did and what happened to it', load: () => import('./commands/timeline.ts') },
  events: { group: 'Looking', summary: 'What happened, page by page or as it happens', load: () => import('./commands/events.ts') },
  dead: { group: 'Keeping order', summary: 'Dead letters: look, replay, discard', load: () => import('./commands/dead.ts') },
  pairs: { group: 'Keeping order', summary: 'Parked pairs: look, release', load: () => import('./commands/pairs.ts') },
  circles: { group: 'Keeping order', summary: 'The circles and who is in them', load: () => import('./commands/circles.ts') },
  grants: { group: 'Keeping order', summary: 'Who may reach another circle: look, give, revoke', load: () => import('./commands/grants.ts') },
  orchestrator: { group: 'Keeping order', summary: 'Who leads a circle; the workspace that it leads from', load: () => import('./commands/orchestrator.ts') },
  memory: { group: 'Keeping order', summary: 'What an orchestrator is to remember', load: () => import('./commands/memory.ts') },
  completion: { group: 'For your shell', summary: 'Completion with live names for bash, zsh or fish', load: () => import('./commands/completion.ts') },
  install: { group: 'For agent programs', summary: 'Connect Claude Code, Codex, Gemini CLI or OpenCode', load: () => import('./commands/install.ts') },
  uninstall: { group: 'For agent programs', summary: 'Take out what install put in', load: () => import('./commands/uninstall.ts') },
  persona: { group: 'For agent programs', summary: 'How an orchestrator speaks, what it does and refuses', load: () => import('./commands/persona.ts') },
  skill: { group: 'For agent programs', summary: 'What models read about working with Muster', load: () => import('./commands/skill.ts') },
  run: { group: 'For agent programs', summary: 'Run a session of Codex as a peer, without a terminal', load: () => import('./commands/run.ts') },
  mcp: { group: 'For agent programs', summary: 'The MCP server of a session, over stdio', load: () => import('./commands/mcp.ts') },
  hook: { group: 'For agent programs', summary: 'What the hooks of a session call', load: () => import('./commands/hook.ts') },
  wait: { group: 'For agent programs', summary: 'Wait in the background to wake a session', load: () => import('./commands/wait.ts') },
}
