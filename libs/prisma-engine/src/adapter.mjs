// @prisma/adapter-pg with a pool after the URL, and one repair.
import { PrismaPg } from '@prisma/adapter-pg'
import { Client } from './column_types.mjs'

const IDLE = 300_000 // ms, as the native engine's max_idle_connection_lifetime

// Of Prisma's own URL parameters, which mean nothing to pg: connection_limit (10), pool_timeout (10 s), schema.
export function adapterFor(url) {
  const parameters = url.searchParams
  const schema = parameters.get('schema') ?? undefined
  return new Adapter(
    {
      connectionString: url.href,
      max: Number(parameters.get('connection_limit') ?? 10),
      connectionTimeoutMillis: 1000 * Number(parameters.get('pool_timeout') ?? 10),
      idleTimeoutMillis: IDLE,
      // The adapter cuts the offset off a timestamptz unread, so it must be zero whatever the server's zone is.
      options: ['-c TimeZone=UTC', schema && `-c search_path="${schema}"`].filter(Boolean).join(' '),
      Client,
    },
    { schema },
  )
}

class Adapter extends PrismaPg {
  async connect() {
    const connected = await super.connect()
    const start = connected.startTransaction.bind(connected)
    connected.startTransaction = async (isolationLevel) => releasing(await start(isolationLevel))
    return connected
  }
}

// When COMMIT or ROLLBACK fails (a deferred constraint, a lost connection), Prisma never gives the connection back. The
// pool would be one smaller for good.
function releasing(transaction) {
  const execute = transaction.executeRaw.bind(transaction)
  transaction.executeRaw = async (query) => {
    try {
      return await execute(query)
    } catch (error) {
      if (query.sql === 'COMMIT' || query.sql === 'ROLLBACK') {
        transaction.cleanup()
        transaction.client.release(error)
      }
      throw error
    }
  }
  return transaction
}
