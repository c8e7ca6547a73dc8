import type { Ran } from '../../agents/install/programs.ts'

/** The daemon of these files as a service: what is written where, and which commands make it known. */
export interface Service {
  readonly kind: 'systemd' | 'launchd'
  /** What the service manager calls it. */
  readonly name: string
  readonly file: string
  /** What belongs into the file. */
  readonly text: string
  /** The program that manages services, and how it is run. */
  readonly program: string
  readonly run: (args: readonly string[]) => Promise<Ran>
  /** Asked before anything is written: fails where there is nobody to manage services. */
  readonly probe: readonly string[]
  /** After the file has been written. @param enabled whether an older one is known already */
  readonly install: (enabled: boolean) => readonly (readonly string[])[]
  /** Before the file goes, and after. */
  readonly uninstall: { readonly before: readonly string[]; readonly after: readonly (readonly string[])[] }
  readonly state: () => Promise<ServiceState>
  /** Where the log of the service is read. */
  readonly log: string
  /** What this user should know beside, such as that it ends with the session. */
  readonly notes: () => Promise<readonly Note[]>
}

export interface ServiceState {
  /** It starts by itself with the session, or with the machine. */
  readonly enabled: boolean
  readonly active: boolean
  /** In the words of the service manager. */
  readonly says: string
}

export interface Note {
  readonly text: string
  readonly hint: string
}

/** Stands in every file that Muster writes for a service manager; without it a file is somebody else's. */
export const MARK = 'Written by muster service install'

export function isOurs(text: string): boolean {
  return text.includes(MARK)
}

/** What the daemon of a service is started with. */
export interface DaemonCommand {
  /** The program and its arguments, each as it is. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly version: string
}
