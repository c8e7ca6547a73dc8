/** What is done to the daemon and to the wire. */
export const FAULTS = ['drop', 'duplicate', 'delay', 'reorder', 'disconnect', 'crash', 'commit', 'restart', 'restore', 'suspend', 'clock', 'stall'] as const
export type Fault = (typeof FAULTS)[number]

/** How often each fault struck each operation and each transition of a thread or a delivery. */
export class Coverage {
  readonly operations = new Map<string, number>()
  readonly transitions = new Map<string, number>()
  readonly faults = new Map<string, number>()
  readonly onOperations = new Map<string, number>()
  readonly onTransitions = new Map<string, number>()
  readonly outcomes = new Map<string, number>()

  operation(name: string): void {
    add(this.operations, name)
  }

  transition(name: string): void {
    add(this.transitions, name)
  }

  fault(fault: Fault): void {
    add(this.faults, fault)
  }

  outcome(name: string): void {
    add(this.outcomes, name)
  }

  struck(fault: Fault, operation: string): void {
    add(this.onOperations, `${fault} ${operation}`)
  }

  struckTransition(fault: Fault, transition: string): void {
    add(this.onTransitions, `${fault} ${transition}`)
  }

  merge(other: Coverage): void {
    for (const key of ['operations', 'transitions', 'faults', 'onOperations', 'onTransitions', 'outcomes'] as const) {
      for (const [name, count] of other[key]) add(this[key], name, count)
    }
  }

  /** The matrix as text: a row for each operation or transition, a column for each fault. */
  table(which: 'operations' | 'transitions'): string {
    const rows = [...this[which].keys()].sort()
    const cells = which === 'operations' ? this.onOperations : this.onTransitions
    const width = Math.max(...rows.map((row) => row.length), which.length)
    const line = (head: string, counts: readonly (string | number)[]) => head.padEnd(width) + counts.map((count) => String(count).padStart(11)).join('')
    const body = rows.map((row) => line(row, [this[which].get(row) ?? 0, ...FAULTS.map((fault) => cells.get(`${fault} ${row}`) ?? 0)]))
    return [line(which, ['all', ...FAULTS]), ...body].join('\n')
  }

  /** Cells below `minimum`, `fault × name: count`. */
  gaps(which: 'operations' | 'transitions', names: readonly string[], minimum: number, except: (fault: Fault, name: string) => boolean): string[] {
    const cells = which === 'operations' ? this.onOperations : this.onTransitions
    return FAULTS.flatMap((fault) =>
      names.flatMap((name) => {
        const count = cells.get(`${fault} ${name}`) ?? 0
        return count >= minimum || except(fault, name) ? [] : [`${fault} × ${name}: ${count}`]
      }),
    )
  }
}

function add(map: Map<string, number>, key: string, count = 1): void {
  map.set(key, (map.get(key) ?? 0) + count)
}
