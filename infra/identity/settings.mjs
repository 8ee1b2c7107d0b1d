// Everything the provider is told from outside: two variables and the files of the secrets folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export class BadSettings extends Error {}

const USERS = new URL('./users.json', import.meta.url);
const SERVICES = new URL('./services.json', import.meta.url);
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Settings from OPENWARD_OIDC_ISSUER, OPENWARD_OIDC_AUDIENCE and OPENWARD_SECRETS_DIR.
 * Throws BadSettings, which names the variable or the file and never a secret.
 */
export function load(env) {
  const secrets = required(env, 'OPENWARD_SECRETS_DIR');
  const file = (name) => json(join(secrets, name));
  return {
    issuer: loopback(required(env, 'OPENWARD_OIDC_ISSUER')),
    audience: env.OPENWARD_OIDC_AUDIENCE ?? 'urn:openward',
    jwks: signingKeys(file('identity.jwks.json')),
    clients: serviceClients(file('identity.clients.json')),
    services: json(SERVICES),
    users: withPasswords(json(USERS), file('identity.users.json')),
    links: () => optional(join(secrets, 'identity.links.json')),
  };
}

function required(env, name) {
  if (!env[name]) throw new BadSettings(`${name} is not set`);
  return env[name];
}

// This provider's users are made up and nobody consents: it must not be reachable from another machine.
function loopback(issuer) {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url?.protocol !== 'http:' || !LOOPBACK.has(url.hostname) || !url.port || url.origin !== issuer) {
    throw new BadSettings('OPENWARD_OIDC_ISSUER has to be http://<loopback address>:<port>: this provider is for development');
  }
  return issuer;
}

function json(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // A JSON error would quote the file, and the file is a secret.
    throw new BadSettings(`${path} ${error.code === 'ENOENT' ? 'is missing' : 'cannot be read as JSON'}`);
  }
}

function optional(path) {
  try {
    return json(path);
  } catch (error) {
    if (error.message.endsWith('is missing')) return {};
    throw error;
  }
}

function signingKeys(jwks) {
  const usable = (key) => key.kty === 'EC' && key.crv === 'P-256' && key.alg === 'ES256' && key.use === 'sig' && key.kid && key.d;
  if (!jwks.keys?.length || !jwks.keys.every(usable)) {
    throw new BadSettings('identity.jwks.json has to hold private P-256 keys with kid, alg ES256 and use sig');
  }
  return jwks;
}

function serviceClients(clients) {
  for (const [id, secret] of Object.entries(clients)) {
    if (!/^svc-[a-z0-9-]{1,40}$/.test(id)) throw new BadSettings(`identity.clients.json: ${id} does not start with svc-`);
    if (typeof secret !== 'string' || secret.length < 16) throw new BadSettings(`identity.clients.json: the secret of ${id} is too short`);
  }
  return clients;
}

function withPasswords(users, passwords) {
  const complete = Object.entries(users).map(([name, user]) => {
    const password = passwords[name];
    if (typeof password !== 'string' || password.length < 8) throw new BadSettings(`identity.users.json has no usable password for ${name}`);
    return [name, { ...user, password }];
  });
  return new Map(complete);
}
