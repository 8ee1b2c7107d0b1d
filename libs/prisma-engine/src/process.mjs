// The life of the engine: it begins with a reachable database and ends with the Python process.
import { takeSettings } from './settings.mjs'

const ORPHAN_CHECK = 250 // ms
const LAST_MOMENT = 1500 // ms for closing what is open

export async function run(port) {
  let settings
  try {
    settings = takeSettings()
    endWith(settings.parent)
    const { openDatabase } = await import('./database.mjs')
    const { listen } = await import('./server.mjs')
    const database = await openDatabase(settings) // first: connect() should fail when the database is away
    const server = await listen(port, database, settings.secret)
    onSignal(async () => {
      server.closeAllConnections()
      await database.close()
    })
  } catch (error) {
    fail(`cannot start: ${error.message}`)
  }
}

// An error that nobody awaits may quote SQL or values, so only its kind is told.
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => fail(`unexpected ${error?.name ?? 'error'} ${error?.code ?? ''}`))
}

function fail(message) {
  console.error(`prisma-engine: ${message}`)
  process.exit(1)
}

// disconnect() sends SIGINT and waits. SIGTERM goes to all processes of a service that is asked to end, which still needs
// its database while it answers what it has begun.
function onSignal(close) {
  process.once('SIGINT', () => {
    setTimeout(() => process.exit(1), LAST_MOMENT)
    close().finally(() => process.exit(0))
  })
  process.on('SIGTERM', () => {})
}

// A parent that was killed tells nobody, but its orphan has another parent. PostgreSQL rolls back what was open.
function endWith(parent) {
  const check = () => process.ppid === parent || process.exit(0)
  check()
  setInterval(check, ORPHAN_CHECK)
}
