import type Database from 'better-sqlite3'

type Scalar = string | number | Uint8Array | null
/** One positional value, or an object with the values of all named parameters. */
export type Value = Scalar | Readonly<Record<string, Scalar>>

type Cells = readonly unknown[]

interface Prepared {
  readonly statement: Database.Statement<Value[]>
  /** Makes a row of what it reads. */
  readonly named: (cells: Cells) => Record<string, unknown>
}

/**
 * What makes a row by its columns, as an object literal: V8 gives all rows of a statement one shape. The driver makes rows through
 * an interface that is slow, and an object of more than 16 columns that is filled in a loop becomes a hash table, which makes
 * everything slow that reads or copies it.
 */
function rowsOf(columns: readonly string[]): Prepared['named'] {
  const fields = columns.map((name, index) => `${JSON.stringify(name)}: cells[${index}]`)
  return new Function('cells', `return { ${fields.join(', ')} }`) as Prepared['named']
}

/** The statements of one connection, each SQL text prepared once. */
export class Statements {
  readonly #db: Database.Database
  readonly #prepared = new Map<string, Prepared>()

  constructor(db: Database.Database) {
    this.#db = db
  }

  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    const { statement, named } = this.#of(sql)
    const cells = statement.get(...(values as Value[])) as Cells | undefined
    return cells && (named(cells) as Row)
  }

  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    const { statement, named } = this.#of(sql)
    return statement.all(...(values as Value[])).map((cells) => named(cells as Cells) as Row)
  }

  /** @returns the number of rows changed */
  run(sql: string, ...values: readonly Value[]): number {
    return this.#of(sql).statement.run(...(values as Value[])).changes
  }

  clear(): void {
    this.#prepared.clear()
  }

  #of(sql: string): Prepared {
    let prepared = this.#prepared.get(sql)
    if (!prepared) {
      const statement = this.#db.prepare<Value[]>(sql)
      const columns = statement.reader ? statement.raw().columns() : []
      prepared = { statement, named: rowsOf(columns.map(({ name }) => name)) }
      this.#prepared.set(sql, prepared)
    }
    return prepared
  }
}
