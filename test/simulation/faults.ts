import type { Fault } from './coverage.ts'
import { COMMIT_FAULTS } from './disk.ts'
import type { World } from './world.ts'

type Strike = Exclude<Fault, 'duplicate' | 'delay' | 'reorder'>

const STRIKES: readonly (readonly [Strike, number])[] = [
  ['drop', 26],
  ['disconnect', 12],
  ['crash', 13],
  ['commit', 18],
  ['restart', 7],
  ['restore', 5],
  ['suspend', 9],
  ['clock', 9],
  ['stall', 8],
]

/** Does something to the daemon, the disk, the clock or the wire. */
export async function strike(world: World): Promise<void> {
  const { random, clock, witness } = world
  const actor = random.pick(world.actors.filter((candidate) => candidate.link !== undefined))
  switch (random.weighted(STRIKES)) {
    case 'drop':
      if (actor) world.cutActor(actor)
      return
    case 'disconnect':
      if (!actor) return
      world.coverage.fault('disconnect')
      witness.onWorldFault('disconnect')
      world.note(`${actor.name} leaves`)
      actor.link?.close()
      return
    case 'crash':
      return crash(world)
    case 'commit':
      world.coverage.fault('commit')
      world.armCommitFault(random.pick(COMMIT_FAULTS) ?? 'busy')
      return
    case 'restart':
      if (!world.life || world.life.dead) return
      world.strikeAll('restart')
      world.stop()
      return
    case 'restore':
      return restore(world)
    case 'suspend':
      world.strikeAll('suspend')
      clock.stepWall(random.between(6_000, 3_600_000))
      return
    case 'clock':
      world.strikeAll('clock')
      clock.stepWall(random.between(-1_800_000, 600_000))
      return
    case 'stall':
      if (!actor?.link) return
      world.strikeAll('stall')
      world.note(`${actor.name} reads nothing`)
      stall(world, actor.link)
      witness.lastTrouble = clock.monoMs()
  }
}

function stall(world: World, link: { stall(): void; unstall(): void }): void {
  link.stall()
  world.after(world.random.between(10, 90_000), () => link.unstall())
}

function crash(world: World): void {
  if (!world.life || world.life.dead) return
  world.strikeAll('crash')
  const { random } = world
  world.crashPlan = random.chance(0.3) ? { point: 'before' } : { point: 'after', frames: random.chance(0.5) ? 0 : random.between(1, 4) }
  world.disk.waitsForRare = random.chance(0.4)
  if (random.chance(0.15)) world.die()
}

async function restore(world: World): Promise<void> {
  const { copy, contents } = world.disk
  if (!copy) return
  world.strikeAll('restore')
  world.note('an older copy of the database is put back')
  if (world.random.chance(0.5)) world.stop()
  else world.die()
  world.bury()
  for (const link of world.network.links) {
    link.toServer.length = 0
    link.endClient(undefined)
  }
  world.disk.restore(copy)
  for (const [sha256, bytes] of contents) world.contents.kept.set(sha256, bytes)
  await world.start('restored')
  learnRestored(world)
}

/** The clients that the copy does not know are gone; the others are who they were. */
function learnRestored(world: World): void {
  const rows = world.witness.all<{ id: number; name: string; session: string; retired_at: number | null }>('SELECT id, name, session, retired_at FROM peers')
  const known = new Map(rows.map((row) => [row.id, row]))
  for (const actor of world.actors) {
    const row = known.get(actor.peer ?? 0)
    if (actor.kind !== 'peer' || actor.peer === undefined) continue
    // Another may have had its number since.
    const isKnown = row !== undefined && row.session === actor.session
    actor.retired = !isKnown || row.retired_at !== null
    if (isKnown) actor.name = row.name
  }
}
