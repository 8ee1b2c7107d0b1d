// Identity provider for development. `node infra/identity/server.mjs` with OPENWARD_OIDC_ISSUER and OPENWARD_SECRETS_DIR.
import { createServer } from 'node:http';
import { createProvider } from './provider.mjs';
import { BadSettings, load } from './settings.mjs';

const DRAIN_MS = 5000;

function settingsOrExit() {
  try {
    return load(process.env);
  } catch (error) {
    if (!(error instanceof BadSettings)) throw error;
    console.error(`identity: ${error.message}`);
    return process.exit(2);
  }
}

const settings = settingsOrExit();
const { hostname, port } = new URL(settings.issuer);
const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, createProvider(settings).callback());
server.listen(Number(port), hostname.replace(/[[\]]/g, ''), () => console.log(`identity: serving ${settings.issuer}`));
server.on('error', (error) => {
  console.error(`identity: ${error.message}`);
  process.exit(1);
});

function stop() {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
