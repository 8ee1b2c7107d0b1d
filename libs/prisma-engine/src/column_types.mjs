// A pg client whose results name no column type on which @prisma/adapter-pg, or the schema engine behind it, gives up
// (prisma/orm#27403): as text these are readable. `void` is what functions called for their effect return, such as
// pg_advisory_xact_lock.
import pg from 'pg'

const TEXT = 25
const TEXT_ARRAY = 1009
const NAMES = { char: 18, name: 19, interval: 1186, regclass: 2205, regtype: 2206, void: 2278, tsvector: 3614, xid8: 5069 }
const ARRAYS = { char: 1002, name: 1003 } // in the catalogues that a migration reads

const READ_AS = new Map([
  ...Object.values(NAMES).map((oid) => [oid, TEXT]),
  ...Object.values(ARRAYS).map((oid) => [oid, TEXT_ARRAY]),
])

pg.types.setTypeParser(NAMES.interval, (text) => text) // pg would make an object of it

export class Client extends pg.Client {
  query(...args) {
    const done = args.at(-1)
    if (typeof done !== 'function') return super.query(...args).then(readable)
    return super.query(...args.slice(0, -1), (error, result) => done(error, result && readable(result)))
  }
}

function readable(result) {
  for (const field of result.fields ?? []) field.dataTypeID = READ_AS.get(field.dataTypeID) ?? field.dataTypeID
  return result
}
