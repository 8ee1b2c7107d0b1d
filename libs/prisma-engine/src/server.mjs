// The HTTP interface of the native engine, as far as the Python client uses it.
import { createHash, timingSafeEqual } from 'node:crypto'
import http from 'node:http'
import { errorBody } from './errors.mjs'
import { toJson } from './results.mjs'

export async function listen(port, database, secret) {
  const isOurs = guard(secret)
  const server = http.createServer(async (request, response) => {
    if (!isOurs(request)) return send(response, 403, { error: 'this engine belongs to another process' })
    // Errors are answered with 200 too: the Python client reads their code from the body and from nowhere else.
    send(response, 200, await answer(database, request).catch(errorBody))
  })
  // The peer is our parent, whose HTTP pool decides when a connection ends: to close an idle one here would race with
  // its next request.
  server.keepAliveTimeout = 0
  server.listen(port, '127.0.0.1')
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return server
}

// Whoever shares the network namespace can reach the port; only the process that started the engine knows the secret.
function guard(secret) {
  const digest = (text) => createHash('sha256').update(text).digest() // equal lengths, as timingSafeEqual wants them
  const expected = digest(secret)
  return (request) => timingSafeEqual(digest(request.headers['x-openward-engine-secret'] ?? ''), expected)
}

async function answer(database, request) {
  const [, resource, id, verb] = request.url.split('/')
  switch (resource) {
    case '': {
      const { query, batch } = await json(request)
      const transaction = request.headers['x-transaction-id']
      return batch ? database.runBatch(batch.map((item) => item.query), transaction) : database.run(query, transaction)
    }
    case 'transaction':
      if (id === 'start') return database.startTransaction(await json(request))
      return verb === 'commit' ? database.commit(id) : database.rollback(id)
    case 'status':
      return { status: 'ok' }
    default:
      throw new Error(`${request.url} is not provided`)
  }
}

async function json(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks))
}

function send(response, status, result) {
  const body = Buffer.from(toJson(result))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}
