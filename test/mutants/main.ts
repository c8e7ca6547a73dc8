import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MUTATIONS, type Mutation } from './mutations.ts'

/** A bug that this many stories do not show counts as missed. */
const SEEDS = 80
/** Of schedules: each is a story of months. */
const SEEDS_OF_SCHEDULES = 12
const SEEDS_OF_THE_ORIGINAL = 10
const TIMEOUT_MS = 600_000
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

type Verdict = { readonly kind: 'caught'; readonly by: string } | { readonly kind: 'survived' | 'does not apply' }

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const print = (text: string) => void process.stdout.write(`${text}\n`)

/** Which stories are told, and how many. */
interface Stories {
  readonly seeds: number
  readonly schedules?: boolean
}

/** A copy of the sources, in which one text is replaced; `undefined` when the text is not there exactly once. */
function copyWith(mutation: Mutation | undefined): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'muster-mutant-'))
  for (const part of ['src', 'daemon', 'client', 'test/simulation', 'test/support', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  if (!mutation) return folder
  const path = join(folder, mutation.file)
  const parts = readFileSync(path, 'utf8').split(mutation.from)
  if (parts.length === 2) {
    writeFileSync(path, parts.join(mutation.to))
    return folder
  }
  rmSync(folder, { recursive: true, force: true })
  return undefined
}

/** Runs the simulation in a folder until something breaks. Returns what broke. */
function simulateIn(folder: string, { seeds, schedules = false }: Stories): Promise<string | undefined> {
  return new Promise((resolve) => {
    const args = ['--import', 'tsx', 'test/simulation/main.ts', '--seeds', String(seeds), '--failures', '1', ...(schedules ? ['--schedules'] : [])]
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS })
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += data.toString()))
    child.stderr.on('data', (data: Buffer) => (output += data.toString()))
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(undefined)
      const broken = /seed \d+: BROKEN: .*/.exec(output)?.[0].replace(': BROKEN', '')
      resolve(broken ?? (signal ? `it hangs (${signal})` : (output.trim().split('\n').at(-1) ?? 'it does not start')))
    })
  })
}

async function judge(mutation: Mutation): Promise<Verdict> {
  const folder = copyWith(mutation)
  if (!folder) return { kind: 'does not apply' }
  try {
    const schedules = mutation.file.startsWith('daemon/schedules/')
    const by = await simulateIn(folder, schedules ? { seeds: SEEDS_OF_SCHEDULES, schedules } : { seeds: SEEDS })
    return by === undefined ? { kind: 'survived' } : { kind: 'caught', by }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function originalHolds(): Promise<boolean> {
  const folder = copyWith(undefined) as string
  const broken = (await simulateIn(folder, { seeds: SEEDS_OF_THE_ORIGINAL })) ?? (await simulateIn(folder, { seeds: 2, schedules: true }))
  rmSync(folder, { recursive: true, force: true })
  if (broken !== undefined) print(`The sources themselves are broken: ${broken}`)
  return broken === undefined
}

async function judgeAll(mutations: readonly Mutation[]): Promise<number> {
  const queue = [...mutations]
  let missed = 0
  const work = async (): Promise<void> => {
    for (let mutation = queue.shift(); mutation; mutation = queue.shift()) {
      const verdict = await judge(mutation)
      if (verdict.kind !== 'caught') missed += 1
      print(`${mutation.name.padEnd(44)} ${verdict.kind.padEnd(14)} ${verdict.kind === 'caught' ? verdict.by.slice(0, 150) : ''}`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
  return missed
}

const chosen = MUTATIONS.filter((mutation) => values.only === undefined || mutation.name.includes(values.only))
if (await originalHolds()) {
  const missed = await judgeAll(chosen)
  print(`${chosen.length - missed} of ${chosen.length} mutants were caught.`)
  process.exitCode = missed > 0 ? 1 : 0
} else process.exitCode = 2
