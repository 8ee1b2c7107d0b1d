#!/usr/bin/env node
// The query engine of Prisma Client Python without a native binary: the Python client starts this file
// (PRISMA_QUERY_ENGINE_BINARY) and speaks GraphQL over HTTP to it; the queries run in Prisma's own client for
// JavaScript, whose query compiler is WebAssembly.
//
// It is asked for its version first, in a process of its own, so nothing heavy is loaded for that.
if (process.argv.includes('--version')) {
  console.log('query-engine 6.19.3')
} else {
  const { run } = await import('./process.mjs')
  await run(Number(process.argv[process.argv.indexOf('-p') + 1]))
}
