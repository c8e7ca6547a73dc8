import type { Output } from '../src/contract/index.ts'
import { MusterError } from '../src/errors.ts'
import { isPassing } from './endings.ts'
import type { TokenSource } from './tokens.ts'

/** Where a peer's credential is kept between runs. */
export interface CredentialStore {
  /** Shown in errors, so that a person finds the credential: a file's path, for example. */
  readonly where?: string
  load(): Promise<string | undefined>
  save(token: string): Promise<void>
}

export interface CredentialOptions {
  /** A peer's own token (or the administrator's): used as it is, never replaced. */
  readonly token?: string | undefined
  readonly store?: CredentialStore | undefined
  /** The enrolment token that a first join needs; asked for only then. */
  readonly enrolment: () => Promise<string | undefined>
  /** Registers with an enrolment token on a connection of its own. */
  readonly register: (enrolment: string) => Promise<Output<'peers.register'>>
}

/** Finds the token to connect with: given, stored, or minted by registering. */
export class Credentials implements TokenSource {
  readonly #options: CredentialOptions
  #token: string | undefined
  #isMinted = false

  constructor(options: CredentialOptions) {
    this.#options = options
    this.#token = options.token
  }

  async current(): Promise<string> {
    this.#token ??= await this.#options.store?.load()
    return this.#token ?? this.#mint()
  }

  /**
   * The daemon refused the current token: registers anew where that may help.
   *
   * @throws MusterError `unauthenticated`, naming the stored credential
   */
  async renew(): Promise<void> {
    const { token, store } = this.#options
    const file = token === undefined ? store?.where : undefined
    const refused = (cause?: unknown): MusterError =>
      file
        ? new MusterError(
            'unauthenticated',
            { file, hint: 'Remove it to join as a new peer.' },
            { message: `The daemon does not accept the credential in ${file}.`, cause },
          )
        : new MusterError('unauthenticated', {}, { cause })
    if (token !== undefined || this.#isMinted) throw refused()
    try {
      await this.#mint()
    } catch (cause) {
      throw isPassing(cause) ? cause : refused(cause)
    }
  }

  async #mint(): Promise<string> {
    const { store, register } = this.#options
    const enrolment = await this.#options.enrolment()
    if (!enrolment) throw new MusterError('unauthenticated', { hint: 'Give `token`, `credentials` or `enrolment`.' })
    try {
      const { token } = await register(enrolment)
      await store?.save(token)
      this.#isMinted = true
      this.#token = token
    } catch (error) {
      // Another process of this name may have joined in the same moment.
      const stored = error instanceof MusterError && error.code === 'name_taken' ? await store?.load() : undefined
      if (!stored || stored === this.#token) throw error
      this.#token = stored
    }
    return this.#token
  }
}
