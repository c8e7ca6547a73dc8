import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { MUTATIONS, type Mutation, type Story } from './mutations.ts'

/** A bug that this many stories do not show counts as missed. */
const SEEDS = 80
/** Of the stories that tell of one part of the daemon; those of schedules are of months. */
const SEEDS_OF_STORIES = 30
const SEEDS_OF_SCHEDULES = 12
const SEEDS_OF_THE_ORIGINAL = 10
const SEEDS_OF_AN_ORIGINAL_STORY = 2
const TIMEOUT_MS = 600_000
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

type Verdict = { readonly kind: 'caught'; readonly by: string } | { readonly kind: 'survived' | 'does not apply' }

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const print = (text: string) => void process.stdout.write(`${text}\n`)

/** Which story is told, by default that of threads, and under how many seeds. */
interface Telling {
  readonly seeds: number
  readonly story?: Story
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
function simulateIn(folder: string, { seeds, story }: Telling): Promise<string | undefined> {
  return new Promise((resolve) => {
    const args = ['--import', 'tsx', 'test/simulation/main.ts', '--seeds', String(seeds), '--failures', '1', ...(story ? ['--story', story] : [])]
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
    const { story } = mutation
    const seeds = story === undefined ? SEEDS : story === 'schedules' ? SEEDS_OF_SCHEDULES : SEEDS_OF_STORIES
    const by = await simulateIn(folder, { seeds, ...(story && { story }) })
    return by === undefined ? { kind: 'survived' } : { kind: 'caught', by }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Each story that is to be told of a mutant holds without it. */
async function originalHolds(mutations: readonly Mutation[]): Promise<boolean> {
  const folder = copyWith(undefined) as string
  let broken: string | undefined
  for (const story of new Set(mutations.map((mutation) => mutation.story)))
    broken ??= await simulateIn(folder, story ? { seeds: SEEDS_OF_AN_ORIGINAL_STORY, story } : { seeds: SEEDS_OF_THE_ORIGINAL })
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
if (await originalHolds(chosen)) {
  const missed = await judgeAll(chosen)
  print(`${chosen.length - missed} of ${chosen.length} mutants were caught.`)
  process.exitCode = missed > 0 ? 1 : 0
} else process.exitCode = 2
