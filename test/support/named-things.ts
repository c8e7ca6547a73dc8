import * as z from 'zod'
import type { Command } from '../../client/cli/command.ts'
import { GLOBAL_FLAGS } from '../../client/cli/flags.ts'
import { COMMANDS } from '../../client/cli/registry.ts'
import { OPERATIONS } from '../../src/contract/index.ts'
import { TOOLS, toolSet } from '../../src/tools/catalogue.ts'
import { PROFILES, type Profile } from '../../src/tools/tool.ts'
import { refusalOf, wordsOf } from './command-lines.ts'

/**
 * What a text for models names of Muster, held against the commands and the tools that there are. By convention a block `sh` holds
 * lines to run, a block `tool` calls of tools, and a code span is a command, a call, a tool, a flag, a file, or a word of the contract.
 */
export interface Named {
  /** What there is not, a sentence each. */
  readonly wrong: readonly string[]
  /** The tools that it names. */
  readonly tools: readonly string[]
  readonly commands: readonly string[]
}

/** The names of those that are loaded only on use. */
const commands = new Map<string, Command>(await Promise.all(Object.entries(COMMANDS).map(async ([name, { load }]) => [name, (await load()).command] as const)))
/** As the widest profile has them, without the names that other programs give them. */
const tools = new Map(TOOLS.map((tool) => [tool.name, toolSet('full').tools.get(tool.name) ?? tool]))
const words = contractWords()

/** Programs other than Muster of which lines and spans may speak. */
const FOREIGN_PROGRAM = /^(?:git|cd|mkdir|ln|npm|npx|printf|node) /
/** What no contract has: marks of the envelope, fields of the Agent Skills format, variables, commands of agent programs, skills, terms. */
const KNOWN = new Set(['peer-message', 'person-message', '/clear', 'name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools', 'sh'])
const SHAPES = [
  /^[\w.~@<>-]*[/.][\w.~@<>/-]*$/, // paths and files
  /^@?[A-Z]+(?:\.md)$/,
  /^MUSTER_[A-Z_]+(?:=\S+)?$/,
  /^mcp__muster__[a-z_]+$/,
  /^\{.*\}$/, // JSON of a settings file
  /^cap:[a-z]+$/,
  /^claude-[a-z]+(?:-[a-z0-9]+)*$/, // peers as they are named
  /^muster-$/,
  /^<[a-z]+>-<[a-z]+>$/, // what stands for names
]

export function namedIn(text: string, skills: readonly string[]): Named {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind = '', body = '']) => ({
    kind,
    lines: body.split('\n').filter((line) => line !== ''),
  }))
  const spans = [...text.replace(/^```\w*\n[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span)
  const found = { tools: new Set<string>(), commands: new Set<string>() }
  const wrong = [
    ...blocks.flatMap(({ kind, lines }) => lines.flatMap((line) => judgeLine(kind, line, found))),
    ...spans.flatMap((span) => judgeSpan(span, skills, found)),
  ]
  return { wrong, tools: [...found.tools], commands: [...found.commands] }
}

/** The smallest profile that has all of these. */
export function profileOf(names: readonly string[]): Profile {
  const reach = Math.max(0, ...names.map((name) => PROFILES.indexOf(TOOLS.find((tool) => tool.name === name)?.profile ?? 'default')))
  return PROFILES[reach] ?? 'default'
}

interface Found {
  readonly tools: Set<string>
  readonly commands: Set<string>
}

function judgeLine(kind: string, line: string, found: Found): string[] {
  if (kind === 'text') return []
  if (kind === 'tool') return judgeCall(line, found)
  if (kind !== 'sh') return [`a block of kind "${kind}" says not what it is: ${line}`]
  if (/^(?:[A-Z_]+=\S+ )?(?:muster|claude)\b/.test(line)) return line.includes('muster') && !/^\S+ claude$/.test(line) ? judgeCommand(line, true, found) : []
  return FOREIGN_PROGRAM.test(line) ? [] : [`not a line of a known program: ${line}`]
}

function judgeSpan(span: string, skills: readonly string[], found: Found): string[] {
  if (span === 'muster' || span.startsWith('muster ')) return judgeCommand(span, false, found)
  if (/^[a-z_]+ \{/.test(span)) return judgeCall(span, found)
  if (/^--[a-z]/.test(span)) return judgeFlag(span)
  const [pair, field = '', value = ''] = /^(\w+)[:=]"(\w+)"$/.exec(span) ?? []
  if (pair !== undefined) return words.has(field) && words.has(value) ? [] : [`${span} is no field with a value of the contract`]
  if (tools.has(span)) {
    found.tools.add(span)
    return []
  }
  if (/^muster-[a-z-]+$/.test(span)) return skills.includes(span) ? [] : [`there is no skill ${span}`]
  if (words.has(span) || KNOWN.has(span) || FOREIGN_PROGRAM.test(span) || SHAPES.some((shape) => shape.test(span))) return []
  return [`${JSON.stringify(span)} is no tool, command or word of the contract`]
}

/** A line to run is held to everything; where one is only spoken of, what it needs may be left out. */
function judgeCommand(line: string, whole: boolean, found: Found): string[] {
  const [name = '', ...args] = wordsOf(line) ?? []
  if (name === '' || name === 'help') return []
  const command = commands.get(name)
  if (!command) return [`there is no command: ${line}`]
  found.commands.add(name)
  const flags: Command['flags'] = { ...GLOBAL_FLAGS, ...command.flags }
  const unknown = args.filter((arg) => /^--[a-z]/.test(arg)).filter((arg) => !Object.hasOwn(flags, arg.slice(2).split('=')[0] ?? ''))
  if (unknown.length > 0) return [`there is no ${unknown.join(', ')}: ${line}`]
  const action = args.find((arg) => !arg.startsWith('-'))
  if (command.actions && action !== undefined && !Object.hasOwn(command.actions, action)) return [`there is no action ${action}: ${line}`]
  const refusal = whole || (command.actions && args.length > 1) ? refused(command, args) : undefined
  return refusal === undefined ? [] : [`${refusal}: ${line}`]
}

function refused(command: Command, args: readonly string[]): string | undefined {
  try {
    return refusalOf(command, args)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function judgeFlag(span: string): string[] {
  const name = span.slice(2).split(/[ =]/, 1)[0] ?? ''
  const known = [GLOBAL_FLAGS, ...[...commands.values()].map(({ flags }) => flags)].some((flags) => Object.hasOwn(flags, name))
  // Of other programs, as a warning against them.
  return known || ['--force'].includes(span) ? [] : [`no command has ${span}`]
}

function judgeCall(line: string, found: Found): string[] {
  const [, name = '', json = ''] = /^([a-z_]+) (\{.*\})$/.exec(line) ?? []
  const tool = tools.get(name)
  if (!tool) return [`there is no tool: ${line}`]
  found.tools.add(name)
  const { error } = tool.input.safeParse(parsed(json))
  return error ? [`${name} does not take that: ${line} (${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message})`] : []
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** Every field and every fixed value of every operation and tool. */
function contractWords(): ReadonlySet<string> {
  const schemas = [...Object.values(OPERATIONS).flatMap(({ input, output }): z.ZodType[] => [input, output]), ...TOOLS.map(({ input }) => input)]
  return new Set(schemas.flatMap((schema) => wordsIn(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))))
}

function wordsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(wordsIn)
  if (typeof value !== 'object' || value === null) return []
  const { properties, enum: values, const: fixed } = value as { properties?: object; enum?: readonly unknown[]; const?: unknown }
  return [
    ...Object.keys(properties ?? {}),
    ...(values ?? []).map(String),
    ...(fixed === undefined ? [] : [String(fixed)]),
    ...Object.values(value).flatMap(wordsIn),
  ]
}
