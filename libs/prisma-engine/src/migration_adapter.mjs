// @prisma/adapter-pg 6.19 as the schema engine needs it. Unchanged it cuts functions in two, migrates the database that it
// should only compare, and lets the schema engine panic on PostgreSQL 18.
import { PrismaPg } from '@prisma/adapter-pg'
import { Client } from './column_types.mjs'

const CHARACTER = 6 // ColumnTypeEnum of @prisma/driver-adapter-utils

export class MigrationAdapter extends PrismaPg {
  constructor(url) {
    super({
      connectionString: url.href,
      max: 1, // the lock that keeps two migrations apart belongs to a session
      allowExitOnIdle: true, // Prisma leaves the pool open, whose idle connection would keep the process for 10 s
      Client,
    })
    this.url = url
  }

  async connect() {
    return repaired(await super.connect())
  }

  // An empty database in which the migrations are tried before they are compared with the schema. It needs a connection
  // string of its own: the adapter only names it beside the one that it has, which wins.
  async connectToShadowDb() {
    const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`
    const server = await this.connect()
    await server.executeScript(`CREATE DATABASE "${database}"`)
    const url = new URL(this.url)
    url.pathname = `/${database}`
    const shadow = await new MigrationAdapter(url).connect()
    const close = shadow.dispose.bind(shadow)
    shadow.dispose = async () => {
      await close() // a database in use cannot be dropped
      await server.executeScript(`DROP DATABASE "${database}"`)
      await server.dispose()
    }
    return shadow
  }
}

function repaired(adapter) {
  const query = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = async (sql) => catalogue(await query(sql))

  // The adapter cuts a script at every semicolon, also inside comments and function bodies, and commits the pieces one
  // by one. PostgreSQL takes a script whole, all or nothing.
  adapter.executeScript = async (script) => {
    await adapter.underlyingDriver().query(script).catch((error) => adapter.onError(error))
  }
  return adapter
}

// The kind of a constraint must be a character, and NOT NULL, which PostgreSQL 18 lists among the constraints ('n'), is a
// kind that the schema engine does not know.
function catalogue(result) {
  const kind = result.columnNames.indexOf('constraint_type')
  if (kind < 0) return result
  return {
    columnNames: result.columnNames,
    columnTypes: result.columnTypes.with(kind, CHARACTER),
    rows: result.rows.filter((row) => row[kind] !== 'n'),
  }
}
