import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Change, compareContracts, formatChanges } from '../../scripts/contract/compare.ts'
import { isRevisionCurrent } from '../../scripts/contract/revision.ts'
import { type ContractSnapshot, type JsonSchema, snapshotContract } from '../../scripts/contract/snapshot.ts'
import { ROOT } from './project.ts'

describe('the contract', () => {
  const golden = JSON.parse(readFileSync(join(ROOT, 'test/golden/contract.json'), 'utf8')) as ContractSnapshot
  const changes = compareContracts(golden, snapshotContract())

  it('breaks nobody who relies on its golden file', () => {
    const breaking = changes.filter((change) => change.breaking)
    expect(breaking, `${formatChanges(breaking)}\nMake the change additive. Accepting it takes: npx tsx scripts/golden.ts --write --breaking\n`).toEqual([])
  })

  it('has the revision that it names', () => {
    expect(isRevisionCurrent(), 'Write it with: npx tsx scripts/golden.ts --write').toBe(true)
  })

  it('has in its golden file all that was added', () => {
    const additive = changes.filter((change) => !change.breaking)
    expect(additive, `${formatChanges(additive)}\nAccept it with: npx tsx scripts/golden.ts --write\n`).toEqual([])
  })
})

/** A contract in miniature, changed by each test. */
function example(): Mutable<ContractSnapshot> {
  return structuredClone({
    wire: { protocol: 1, subprotocol: 'x.v1', path: '/x' },
    operations: {
      send: {
        kind: 'command',
        access: 'peer',
        input: object({ to: { $ref: '#/$defs/Name' }, size: { type: 'integer', minimum: 1, maximum: 9, default: 3 }, how: { $ref: '#/$defs/How' } }, ['to']),
        output: object({ by: { anyOf: [{ $ref: '#/$defs/Peer' }, { type: 'null' }] }, state: { type: 'string', enum: ['on', 'off'] } }, ['by', 'state']),
      },
    },
    notifications: { sent: object({ peers: { type: 'array', items: { $ref: '#/$defs/Peer' } } }, ['peers']) },
    errors: { lost: { rpc: -32000, http: 404, exit: 4, retryable: false } },
    definitions: {
      Name: { type: 'string', maxLength: 9, pattern: '^a' },
      How: { type: 'string', enum: ['fast', 'slow'] },
      Peer: object({ name: { $ref: '#/$defs/Name' }, nick: { type: 'string' } }, ['name']),
    },
  })
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends object ? Mutable<T[K]> : T[K] }
type Schema = Mutable<JsonSchema>
type Contract = ReturnType<typeof example>

function object(properties: Record<string, JsonSchema>, required: string[]): Schema {
  return { type: 'object', properties, required, additionalProperties: false }
}

function changesOf(change: (contract: Contract) => void): Change[] {
  const newer = example()
  change(newer)
  return compareContracts(example(), newer)
}

const input = (contract: Contract) => fields(contract.operations['send']?.input)
const output = (contract: Contract) => fields(contract.operations['send']?.output)
const definition = (contract: Contract, name: string) => contract.definitions[name] as Schema
function fields(schema: unknown): Record<string, Schema> {
  return (schema as { properties: Record<string, Schema> }).properties
}
function required(schema: unknown): string[] {
  return (schema as { required: string[] }).required
}

/** Throws where the place to edit is not there, so that no test passes by changing nothing. */
function edit(target: object | undefined, change: object): object {
  if (!target) throw new TypeError('Expected something to edit')
  return Object.assign(target, change)
}

const BREAKING: [string, (contract: Contract) => void, string][] = [
  ['an operation is removed', (c) => delete c.operations['send'], 'operations.send'],
  ['the kind of an operation changes', (c) => edit(c.operations['send'], { kind: 'query' }), 'operations.send.kind'],
  ['the access of an operation changes', (c) => edit(c.operations['send'], { access: 'admin' }), 'operations.send.access'],
  ['an input field is removed', (c) => delete input(c)['size'], 'operations.send.input.size'],
  [
    'a required input field is added',
    (c) => [edit(input(c), { new: { type: 'string' } }), required(c.operations['send']?.input).push('new')],
    'operations.send.input.new',
  ],
  ['an input field becomes required', (c) => required(c.operations['send']?.input).push('how'), 'operations.send.input.how'],
  ['an input takes less of a number', (c) => edit(input(c)['size'], { maximum: 5 }), 'operations.send.input.size'],
  ['an input takes another type', (c) => edit(input(c)['size'], { type: 'string' }), 'operations.send.input.size'],
  ['the default of an input changes', (c) => edit(input(c)['size'], { default: 4 }), 'operations.send.input.size'],
  ['an input enum is narrowed in a definition', (c) => Object.assign(definition(c, 'How'), { enum: ['fast'] }), 'definitions.How (input)'],
  ['an input text is cut shorter', (c) => Object.assign(definition(c, 'Name'), { maxLength: 8 }), 'definitions.Name (input)'],
  ['a pattern changes', (c) => Object.assign(definition(c, 'Name'), { pattern: '^b' }), 'definitions.Name (input)'],
  ['a free input becomes an enum', (c) => Object.assign(definition(c, 'Name'), { enum: ['a'] }), 'definitions.Name (input)'],
  ['an output field is removed', (c) => delete output(c)['state'], 'operations.send.output.state'],
  ['an output field is removed from a definition', (c) => delete fields(definition(c, 'Peer'))['nick'], 'definitions.Peer (output).nick'],
  ['an output field may be missing', (c) => required(definition(c, 'Peer')).pop(), 'definitions.Peer (output).name'],
  ['an output loses a member of its enum', (c) => edit(output(c)['state'], { enum: ['on'] }), 'operations.send.output.state'],
  ['an output may be of another type', (c) => edit(output(c)['state'], { type: ['string', 'null'] }), 'operations.send.output.state'],
  [
    'an output gains an alternative',
    (c) => edit(output(c)['by'], { anyOf: [{ $ref: '#/$defs/Peer' }, { type: 'null' }, { type: 'string' }] }),
    'operations.send.output.by',
  ],
  ['a notification is removed', (c) => delete c.notifications['sent'], 'notifications.sent'],
  ['a field of a notification is removed', (c) => delete fields(c.notifications['sent'])['peers'], 'notifications.sent.peers'],
  ['an error is removed', (c) => delete c.errors['lost'], 'errors.lost'],
  ['an error may be retried no more or again', (c) => edit(c.errors['lost'], { retryable: true }), 'errors.lost.retryable'],
  ['an error begins to close the connection', (c) => edit(c.errors['lost'], { close: 4400 }), 'errors.lost.close'],
  ['the protocol changes', (c) => Object.assign(c.wire, { protocol: 2 }), 'wire.protocol'],
  ['a keyword that nobody thought of changes', (c) => Object.assign(definition(c, 'Name'), { multipleOf: 2 }), 'definitions.Name (input)'],
]

const ADDITIVE: [string, (contract: Contract) => void, string][] = [
  ['an operation is added', (c) => Object.assign(c.operations, { more: c.operations['send'] }), 'operations.more'],
  ['an optional input field is added', (c) => Object.assign(input(c), { new: { type: 'string' } }), 'operations.send.input.new'],
  ['an input field becomes optional', (c) => required(c.operations['send']?.input).pop(), 'operations.send.input.to'],
  ['an input enum is widened', (c) => Object.assign(definition(c, 'How'), { enum: ['fast', 'slow', 'lazy'] }), 'definitions.How (input)'],
  ['an input takes more', (c) => edit(input(c)['size'], { maximum: 10, minimum: 0 }), 'operations.send.input.size'],
  ['an input text may be longer', (c) => Object.assign(definition(c, 'Name'), { maxLength: 10 }), 'definitions.Name (input)'],
  ['an input also takes null', (c) => edit(input(c)['size'], { type: ['integer', 'null'] }), 'operations.send.input.size'],
  ['an output field is added', (c) => Object.assign(fields(definition(c, 'Peer')), { age: { type: 'integer' } }), 'definitions.Peer (output).age'],
  [
    'an output enum gains a member, which clients read as unknown',
    (c) => edit(output(c)['state'], { enum: ['on', 'off', 'dim'] }),
    'operations.send.output.state',
  ],
  ['an output field is always there from now on', (c) => required(definition(c, 'Peer')).push('nick'), 'definitions.Peer (output).nick'],
  ['an output says null no more', (c) => edit(output(c)['by'], { anyOf: [{ $ref: '#/$defs/Peer' }] }), 'operations.send.output.by'],
  ['an error is added', (c) => Object.assign(c.errors, { more: c.errors['lost'] }), 'errors.more'],
  ['a notification is added', (c) => Object.assign(c.notifications, { more: c.notifications['sent'] }), 'notifications.more'],
]

describe('the comparer', () => {
  it.each(BREAKING)('calls it breaking when %s', (_name, change, path) => {
    const changes = changesOf(change)
    expect(changes).toContainEqual(expect.objectContaining({ path, breaking: true }))
  })

  it.each(ADDITIVE)('calls it additive when %s', (_name, change, path) => {
    const changes = changesOf(change)
    expect(changes.filter((found) => found.breaking)).toEqual([])
    expect(changes.map((found) => found.path)).toContain(path)
  })

  it('sees no change in a contract that is the same', () => {
    expect(changesOf(() => undefined)).toEqual([])
    expect(compareContracts(snapshotContract(), snapshotContract())).toEqual([])
  })

  it('sees no change where a definition is only given a name or written out', () => {
    const change = (contract: Contract) => Object.assign(input(contract), { how: { type: 'string', enum: ['fast', 'slow'] } })
    expect(changesOf(change)).toEqual([])
  })

  it('sees through what is alternative to null', () => {
    const changes = changesOf((contract) => delete fields(definition(contract, 'Peer'))['name'])
    expect(changes).toContainEqual({ path: 'definitions.Peer (output).name', what: 'field removed', breaking: true })
  })
})
