import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../../../src/contract/index.ts'
import { TestDaemon } from '../support/test-daemon.ts'
import { CALLS, type DoorName, type Outcome } from './calls.ts'
import { CASES, type Case } from './cases.ts'
import { comparable } from './comparable.ts'
import { CALLERS, type CallerKind, setScene } from './scene.ts'

const DOORS: readonly DoorName[] = ['websocket', 'http', 'mcp']
/** Without a case, an operation is called with nothing: who may call it is still seen, and that its doors agree. */
const WITHOUT_CASE: Case = { input: () => ({}) }

function doorsOf(operation: OperationName): DoorName[] {
  // No frame holds a file.
  const isFrame = OPERATIONS[operation].file !== 'sent'
  return DOORS.filter((door) => (door === 'websocket' ? isFrame : typeof OPERATIONS[operation].doors[door] === 'string'))
}

/** What the contract says that a caller is refused with; `undefined` where it may call. */
function refusalOf(operation: OperationName, kind: CallerKind, door: DoorName): string | undefined {
  const { access } = OPERATIONS[operation]
  // A credential is not asked for over HTTP; a connection takes one in any case.
  if (access === 'anyone' && door === 'http') return undefined
  if (kind === 'nobody' || kind === 'revoked') return 'unauthenticated'
  const credential = kind === 'admin' || kind === 'enrolment' ? kind : 'peer'
  // Tools are called by peers alone.
  if (door === 'mcp' && credential !== 'peer') return 'forbidden'
  const taken =
    access === 'any' ||
    access === 'anyone' ||
    access === credential ||
    access === kind ||
    (access === 'reader' && credential !== 'enrolment') ||
    (access === 'leader' && kind === 'orchestrator')
  return taken ? CASES[operation]?.refused?.[kind] : 'forbidden'
}

it('has a case for each operation, and no other', () => {
  expect(Object.keys(CASES).sort()).toEqual([...OPERATION_NAMES].sort())
})

describe.each(OPERATION_NAMES)('%s', (operation) => {
  const aCase = CASES[operation] ?? WITHOUT_CASE
  const doors = doorsOf(operation)
  let daemon: TestDaemon

  beforeAll(async () => {
    daemon = await TestDaemon.start()
  })

  afterAll(async () => {
    await daemon.expectHealthy()
    await daemon[Symbol.asyncDispose]()
  })

  async function call(door: DoorName, kind: CallerKind): Promise<Outcome> {
    const scene = await setScene(daemon, kind, aCase.mode ?? 'pull')
    const input = await aCase.input(scene)
    return CALLS[door](daemon.url, scene.token, operation, door === 'mcp' ? (aCase.tool?.(input) ?? input) : input)
  }

  it.each(CALLERS)('called by %s ends as it may, and alike through every door', async (kind) => {
    const outcomes = new Map<DoorName, Outcome>()
    for (const door of doors) outcomes.set(door, await call(door, kind))
    for (const [door, { code }] of outcomes) expect(code, door).toBe(CASES[operation] ? refusalOf(operation, kind, door) : outcomes.get('websocket')?.code)
    const [socket, http] = [outcomes.get('websocket'), outcomes.get('http')]
    // A file is given as it is, and in a frame as base64.
    if (http && OPERATIONS[operation].file === undefined && http.code === socket?.code) expect(comparable(http.value)).toEqual(comparable(socket?.value))
  })
})
