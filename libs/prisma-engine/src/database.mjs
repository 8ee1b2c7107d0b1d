// The database behind the HTTP interface: one Prisma Client, spoken to in its own wire format.
//
// `client._engine` is the seam between Prisma Client's typed API and its query compiler. It takes the JSON protocol,
// which is the GraphQL of the Python client in other clothes, and answers with the column types and error details that
// the typed API hides. It is not public: the version is pinned exactly, and the tests run on every upgrade.
import { createRequire } from 'node:module'
import path from 'node:path'
import { adapterFor } from './adapter.mjs'
import { fieldTypes, typedArguments } from './json_fields.mjs'
import { parseQuery, parseRawArguments } from './graphql.mjs'
import { plain, plainRaw } from './results.mjs'

const BATCH_TIMEOUT = 60_000 // ms; `batch_()` has none of its own

export async function openDatabase({ client: directory, url }) {
  const { PrismaClient, Prisma } = createRequire(import.meta.url)(path.resolve(directory))
  const client = new PrismaClient({
    adapter: adapterFor(url),
    log: [], // whatever it would say may quote queries
    transactionOptions: { maxWait: BATCH_TIMEOUT, timeout: BATCH_TIMEOUT },
  })
  const database = new Database(client._engine, fieldTypes(Prisma.dmmf.datamodel.models))
  await database.run('mutation { result: queryRaw(query: "SELECT 1") }')
  return database
}

class Database {
  #engine
  #types

  constructor(engine, types) {
    this.#engine = engine
    this.#types = types
  }

  async run(text, transactionId) {
    const query = this.#compile(text)
    const interactiveTransaction = transactionId && { id: transactionId }
    return answer(query, await this.#engine.request(query, { interactiveTransaction }))
  }

  // All or nothing: the first failure rolls back the rest and is the answer to the whole batch.
  async runBatch(texts, transactionId) {
    const queries = texts.map((text) => this.#compile(text))
    const transaction = transactionId ? { kind: 'itx', options: { id: transactionId } } : { kind: 'batch', options: {} }
    const results = await this.#engine.requestBatch(queries, { transaction })
    const failure = results.find((result) => result instanceof Error)
    if (failure) throw failure
    return { batchResult: results.map((result, i) => answer(queries[i], result)) }
  }

  async startTransaction({ timeout, max_wait: maxWait, isolation_level: isolationLevel }) {
    const started = this.#engine.transaction('start', {}, { timeout, maxWait, isolationLevel })
    const { id } = await withinTime(started, maxWait).catch((error) => {
      started.then((late) => this.rollback(late.id)).catch(() => {}) // nobody will ever name it
      throw error
    })
    return { id }
  }

  async commit(id) {
    await this.#engine.transaction('commit', {}, { id })
    return {}
  }

  async rollback(id) {
    await this.#engine.transaction('rollback', {}, { id })
    return {}
  }

  close() {
    return this.#engine.stop()
  }

  #compile(text) {
    const { name, args, selection } = parseQuery(text)
    const [, action, modelName, orThrow = ''] = ACTION.exec(name)
    if (!modelName) return { action, query: { arguments: parseRawArguments(args), selection } }
    return { action: action + orThrow, modelName, query: typedArguments({ arguments: args, selection }, modelName, this.#types) }
  }
}

const ACTION =
  /^(queryRaw|executeRaw|(?:create|update|delete|find)Many|(?:create|update|delete|upsert)One|findUnique|findFirst|aggregate|groupBy)(\w*?)(OrThrow)?$/

function answer({ action }, { data }) {
  return { data: { result: action === 'queryRaw' ? plainRaw(data[action]) : plain(data[action]) } }
}

// Prisma Client looks at `maxWait` only once the pool has given it a connection.
function withinTime(started, maxWait) {
  const late = { code: 'P2028', message: 'Unable to start a transaction in the given time.' }
  let timer
  const timeout = new Promise((_, reject) => (timer = setTimeout(reject, maxWait, late)))
  return Promise.race([started, timeout]).finally(() => clearTimeout(timer))
}
