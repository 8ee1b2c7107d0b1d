// What the Python process tells its engine. Prisma's Python client hands on as OVERWRITE_DATASOURCES, in JSON, whatever
// `Prisma(datasource=…)` was given, so everything travels there and only this child has it in its environment:
//
// url     of the database, with its password
// client  directory of the generated `prisma-client-js` with `engineType = "client"`
// secret  what every request must carry
// parent  process id of the Python process
export function takeSettings(environment = process.env) {
  const { OVERWRITE_DATASOURCES: datasources = '[]' } = environment
  // The next two are meant for the native engine, and with DEBUG Prisma Client would print queries.
  for (const name of ['PRISMA_CLIENT_ENGINE_TYPE', 'PRISMA_ENGINE_PROTOCOL', 'DEBUG', 'OVERWRITE_DATASOURCES']) {
    delete environment[name]
  }
  const [settings = {}] = JSON.parse(datasources)
  for (const name of ['url', 'client', 'secret', 'parent']) {
    if (!settings[name]) throw new Error(`Prisma(datasource=…) has no ${name}: use openward_servicekit.prisma`)
  }
  return { ...settings, url: new URL(settings.url) }
}
