/** Where Muster keeps its files. Pure: the environment and the home folder are given. */
export interface MusterPaths {
  /** The user's configuration, JSON. */
  readonly config: string
  /** Folder of the database and the artifacts. */
  readonly data: string
  /** Folder of tokens, logs and what else belongs to the running daemon. */
  readonly state: string
  readonly database: string
  /** Folder of the contents of artifacts. */
  readonly artifacts: string
  /** Mode 0600: administers the node. */
  readonly adminToken: string
  /** Mode 0600: mints peers of role agent and service in the circle `main`. */
  readonly enrolmentToken: string
  /** Mode 0600: pid and address of the running daemon, JSON. */
  readonly daemonFile: string
  /** Mode 0600: the keys by which push services know this node. */
  readonly pushKey: string
  /** What the daemon logs where it keeps its log itself; older files have a number behind this name. */
  readonly log: string
  /** What a daemon that `muster up` started says outside of its log: why it did not start, the last words of a crash. */
  readonly output: string
  /** Mode 0600: the credential of a peer that a program on this machine registered. */
  readonly peerToken: (name: string) => string
}

/** `MUSTER_HOME` puts everything in one folder; otherwise the XDG base directories (https://specifications.freedesktop.org/basedir-spec/latest/) apply. */
export function musterPaths(env: Readonly<Record<string, string | undefined>>, homeDir: string): MusterPaths {
  const home = env['MUSTER_HOME']
  const data = home ?? `${base(env['XDG_DATA_HOME'], `${homeDir}/.local/share`)}/muster`
  const state = home ? `${home}/state` : `${base(env['XDG_STATE_HOME'], `${homeDir}/.local/state`)}/muster`
  const config = home ?? `${base(env['XDG_CONFIG_HOME'], `${homeDir}/.config`)}/muster`
  return {
    config: `${config}/config.json`,
    data,
    state,
    database: `${data}/muster.db`,
    artifacts: `${data}/artifacts`,
    adminToken: `${state}/admin.token`,
    enrolmentToken: `${state}/enrolment.token`,
    daemonFile: `${state}/daemon.json`,
    pushKey: `${state}/push.key.json`,
    log: `${state}/daemon.log`,
    output: `${state}/daemon.out`,
    peerToken: (name) => `${state}/peers/${name.toLowerCase()}.token`,
  }
}

/** The specification ignores values that are not absolute. */
function base(value: string | undefined, fallback: string): string {
  return value?.startsWith('/') ? value : fallback
}
