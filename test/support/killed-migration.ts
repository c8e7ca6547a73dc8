/** Opens a database and is killed in the middle of its migration, right behind the `n`-th statement file: `killed-migration.ts <path> <n>`. */
import Database from 'better-sqlite3'
import { openDatabase } from '../../daemon/store/database.ts'

const [path = '', n = '1'] = process.argv.slice(2)
let left = Number(n)
openDatabase(path, 'full', (file) => {
  const db = new Database(file)
  return new Proxy(db, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      if (key !== 'exec') return value.bind(target)
      return (sql: string) => {
        target.exec(sql)
        if (!/^(BEGIN|COMMIT|ROLLBACK)/.test(sql)) left -= 1
        if (left === 0) process.kill(process.pid, 'SIGKILL')
      }
    },
  })
})
