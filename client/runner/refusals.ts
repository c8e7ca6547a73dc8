import type { ChildMessage, Fields } from './line-child.ts'

/** JSON-RPC 2.0, section 5.1: a method that is not there. */
const NO_SUCH_METHOD = -32_601
const DECLINED = { decision: 'decline' }

/** How each question of the app-server is answered with no. Tried with Codex 0.169.0. */
const ANSWERS: Readonly<Record<string, Fields>> = {
  'item/commandExecution/requestApproval': DECLINED,
  'item/fileChange/requestApproval': DECLINED,
  'item/permissions/requestApproval': { permissions: {}, scope: 'turn' },
  'item/tool/requestUserInput': { answers: {} },
  'mcpServer/elicitation/request': { action: 'decline', content: null, _meta: null },
}

/** What Codex wanted to be allowed, for a person. */
export interface Refused {
  readonly method: string
  /** In Codex's own words, such as a command line. */
  readonly wanted: string
}

/** The answer to whatever Codex asks: no. Permission is for a person to give, and a runner is none. */
export function refusalOf({ id, method }: ChildMessage): Fields {
  const answer = Object.hasOwn(ANSWERS, method) ? ANSWERS[method] : undefined
  return answer ? { id, result: answer } : { id, error: { code: NO_SUCH_METHOD, message: 'Only a person may decide that, and none is here.' } }
}

export function refusedIn({ method, params }: ChildMessage): Refused {
  const wanted = ['command', 'message', 'reason', 'grantRoot'].map((name) => params[name]).find((value) => typeof value === 'string' && value !== '')
  return { method, wanted: typeof wanted === 'string' ? wanted : '' }
}
