import type Database from 'better-sqlite3'

type Scalar = string | number | Uint8Array | null
/** One positional value, or an object with the values of all named parameters. */
export type Value = Scalar | Readonly<Record<string, Scalar>>

interface Prepared {
  readonly statement: Database.Statement<Value[]>
  /** The names of what it reads. */
  readonly columns: readonly string[]
}

type Cells = readonly unknown[]

/** A row by its columns. The driver can do this too, through an interface of V8 that makes a row of 19 columns cost 3.7 µs in place of 2.4. */
function named(columns: readonly string[], cells: Cells): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index += 1) row[columns[index] as string] = cells[index]
  return row
}

/** The statements of one connection, each SQL text prepared once. */
export class Statements {
  readonly #db: Database.Database
  readonly #prepared = new Map<string, Prepared>()

  constructor(db: Database.Database) {
    this.#db = db
  }

  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    const { statement, columns } = this.#of(sql)
    const cells = statement.get(...(values as Value[])) as Cells | undefined
    return cells && (named(columns, cells) as Row)
  }

  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    const { statement, columns } = this.#of(sql)
    return statement.all(...(values as Value[])).map((cells) => named(columns, cells as Cells) as Row)
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
      prepared = {
        statement,
        columns: statement.reader
          ? statement
              .raw()
              .columns()
              .map(({ name }) => name)
          : [],
      }
      this.#prepared.set(sql, prepared)
    }
    return prepared
  }
}
