// Errors in the shape of the native engine, from which the Python client picks its exception (engine/utils.py) and takes
// `error.code` and `error.meta`. Prisma's client for JavaScript words some of them differently and hides the details in
// `meta.driverAdapterError`.

// SQLSTATEs that Prisma 6.19 leaves without a code of its own, when COMMIT fails, or always.
const CODES = {
  23505: 'P2002',
  23503: 'P2003',
  23001: 'P2003', // PostgreSQL 18 for `ON DELETE RESTRICT`; before 18 it was 23503
  23514: 'P2004',
  '23P01': 'P2004',
  40001: 'P2034', // serialization failure: run the transaction again
  '40P01': 'P2034', // deadlock: the same
  '55P03': 'P1008', // lock_timeout
  57014: 'P1008', // statement_timeout
  '57P01': 'P1017', // the server ends the connection: pg_terminate_backend, shutdown, crash
  '57P02': 'P1017',
  '57P03': 'P1001', // the server starts or stops
}

// What pg and its pool say in words alone.
const PLAIN = {
  'timeout exceeded when trying to connect': 'P2024', // the pool is exhausted
  'Connection terminated unexpectedly': 'P1017',
  'Connection terminated': 'P1017',
  'Client has encountered a connection error and is not queryable': 'P1017',
}

const META = {
  P2002: ({ constraint }) => ({ target: constraint?.fields ?? constraint?.index }),
  P2003: (cause) => ({ field_name: foreignKey(cause) }),
  P2004: (cause) => ({ database_error: cause.originalMessage }),
  P2010: (cause) => ({ code: cause.originalCode, message: cause.originalMessage ?? `column type '${cause.type}' is not supported` }),
  P2011: ({ constraint }) => ({ constraint: constraint?.fields }),
  P2021: ({ table }) => ({ table }),
  P2022: ({ column }) => ({ column }),
}
const MESSAGES = {
  P2002: (meta) => `Unique constraint failed on the fields: (\`${meta.target}\`)`,
  P2003: (meta) => `Foreign key constraint failed on the field: \`${meta.field_name}\``,
  P2004: (meta) => `A constraint failed on the database: \`${meta.database_error}\``,
}

const foreignKey = ({ constraint, originalMessage }) =>
  constraint?.fields?.join(', ') ?? `${constraint?.index ?? /foreign key constraint "(.+?)"/.exec(originalMessage)?.[1]} (index)`

export function errorBody(error) {
  const cause = (error.meta?.driverAdapterError ?? error).cause
  const code = error.code ?? CODES[cause?.originalCode] ?? PLAIN[error.message]
  const meta = cause ? { sqlstate: cause.originalCode, ...META[code]?.(cause) } : (error.meta ?? {})
  const message = MESSAGES[code]?.(meta) ?? error.message
  return {
    errors: [{
      error: code === 'P2028' ? transactionError(message) : message,
      user_facing_error: { is_panic: false, error_code: code, message, meta },
    }],
  }
}

// The Python client tells an expired transaction from other transaction errors by how this text starts.
function transactionError(message) {
  const text = message.replace('Transaction API error: ', '')
  return text.includes('expired transaction') ? `Transaction already closed: ${text}` : text
}
