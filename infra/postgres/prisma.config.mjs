// Prisma's configuration for the schemas of all services: OPENWARD_PRISMA_DIR names the directory that has
// schema.prisma and migrations/, DATABASE_URL the database with a role that may change it.
// With an adapter Prisma needs no native schema engine, so nothing is downloaded.
import path from 'node:path'
import { defineConfig } from 'prisma/config'
import { MigrationAdapter } from '../../libs/prisma-engine/src/migration_adapter.mjs'

// For the lock that keeps two migrations apart Prisma sets a timer of 10 s and leaves it running, so that the process would
// stay as long. A connection that does wait keeps the process alive by itself.
const { setTimeout } = globalThis
globalThis.setTimeout = (callback, delay, ...rest) => {
  const timer = setTimeout(callback, delay, ...rest)
  return delay === 10_000 ? timer.unref() : timer
}

const directory = path.resolve(process.env.OPENWARD_PRISMA_DIR)

export default defineConfig({
  schema: path.join(directory, 'schema.prisma'),
  migrations: { path: path.join(directory, 'migrations') },
  experimental: { adapter: true },
  engine: 'js',
  adapter: async () => new MigrationAdapter(new URL(process.env.DATABASE_URL)),
})
