/** Knows which received message the running code is handling, for `causedBy`. */
export interface Causes {
  /** Runs `fn`, and all that it starts, as the handling of `message` by `owner`. */
  run<T>(owner: object, message: string, fn: () => T): T
  /** The message that `owner` is handling here; `null`: none; `undefined`: this platform cannot tell. */
  current(owner: object): string | null | undefined
}

/** For platforms without asynchronous context, such as browsers: `ctx.ask` still names the cause, and the daemon infers the rest. */
export const noCauses: Causes = {
  run: (_owner, _message, fn) => fn(),
  current: () => undefined,
}
