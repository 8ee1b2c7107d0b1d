// A provider on a free port, and what a browser and an application do with it.
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createProvider } from '../provider.mjs';

export const PASSWORD = 'correct horse battery';
export const SECRET = 'a secret for the tests only';
export const CALLBACK = 'http://127.0.0.1:5199/callback';
export const USERS = new Map([
  ['ada', { name: 'Ada', roles: ['clinician'], practitioner_id: 'prac-ada', password: PASSWORD }],
  ['pat', { name: 'Pat', roles: ['patient'], password: PASSWORD }],
]);
const SERVICES = { 'svc-lab': { roles: ['service', 'clinician'] } };
const verifier = randomBytes(32).toString('base64url');

export function signingKey(kid = 'k1') {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { ...key, kid, alg: 'ES256', use: 'sig' };
}

export async function startProvider({ links = () => ({}) } = {}) {
  const server = createServer();
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const settings = { issuer, audience: 'urn:openward', jwks: { keys: [signingKey()] }, clients: { 'svc-test': SECRET, 'svc-lab': SECRET }, services: SERVICES, users: USERS, links };
  server.on('request', createProvider(settings).callback());
  return { issuer, stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }) };
}

export class Browser {
  #cookies = new Map();

  constructor(issuer) {
    this.issuer = issuer;
  }

  async go(url, init = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(new URL(url, this.issuer), { signal: AbortSignal.timeout(60_000), ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.#cookies.set(name, value);
    }
    return answer;
  }

  /** Follows redirects until there is a page or the application is reached. */
  async follow(url) {
    let location = url;
    for (let step = 0; step < 6; step += 1) {
      const answer = await this.go(location);
      location = answer.headers.get('location');
      if (!location || location.startsWith('http://') && !location.startsWith(this.issuer)) return { answer, location };
    }
    throw new Error('redirected too often');
  }

  async openLogin(parameters) {
    const { answer } = await this.follow(authorization(parameters));
    const page = await answer.text();
    this.action = /action="([^"]+)"/.exec(page)?.[1];
    this.csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1];
    return { answer, page };
  }

  submit(fields, headers = {}) {
    return this.go(this.action, { method: 'POST', body: new URLSearchParams({ csrf: this.csrf, ...fields }), headers });
  }

  /** Signs in and gives the URL with which the provider calls the application back. */
  async signIn(user, parameters) {
    await this.openLogin(parameters);
    const answer = await this.submit({ user, password: PASSWORD });
    const { location } = await this.follow(answer.headers.get('location'));
    return new URL(location);
  }
}

export function authorization(parameters = {}) {
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = {
    client_id: 'web', response_type: 'code', redirect_uri: CALLBACK, scope: 'openid user/composition-*.rs', state: 's',
    code_challenge: challenge, code_challenge_method: 'S256', ...parameters,
  };
  return `/auth?${form(query)}`;
}

export function exchange(issuer, callback, changes = {}) {
  const fields = {
    grant_type: 'authorization_code', client_id: 'web', redirect_uri: callback.origin + callback.pathname,
    code: callback.searchParams.get('code'), code_verifier: verifier, ...changes,
  };
  return fetch(`${issuer}/token`, { method: 'POST', body: form(fields) });
}

export function serviceToken(issuer, scope, { id = 'svc-test', secret = SECRET } = {}) {
  const authorization = `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64')}`;
  return fetch(`${issuer}/token`, { method: 'POST', body: form({ grant_type: 'client_credentials', scope }), headers: { authorization } });
}

export function decode(jwt) {
  const [header, claims] = jwt.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  return { header, claims };
}

function form(fields) {
  return new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== undefined));
}
