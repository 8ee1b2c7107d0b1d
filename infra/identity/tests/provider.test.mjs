import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { authorization, Browser, decode, exchange, serviceToken, startProvider } from './browser.mjs';

let links = {};
let provider;
let issuer;
before(async () => {
  provider = await startProvider({ links: () => links });
  issuer = provider.issuer;
});
after(() => provider.stop());

async function accessToken(user, parameters) {
  const callback = await new Browser(issuer).signIn(user, parameters);
  const { access_token: jwt } = await (await exchange(issuer, callback)).json();
  return decode(jwt);
}

test('a user gets an access token as RFC 9068 describes it', async () => {
  const { header, claims } = await accessToken('ada');
  assert.deepEqual([header.alg, header.typ, header.kid], ['ES256', 'at+jwt', 'k1']);
  assert.deepEqual([claims.iss, claims.aud, claims.sub, claims.client_id], [issuer, 'urn:openward', 'ada', 'web']);
  assert.deepEqual([claims.roles, claims.practitioner_id, claims.scope], [['clinician'], 'prac-ada', 'user/composition-*.rs']);
  assert.equal(claims.exp - claims.iat, 300);
  assert.ok(claims.jti);
});

test('a token holds the requested scopes that fit the grammar, percent-encoded template ids too', async () => {
  const scope = 'openid user/composition-IDCR%20-%20Report.v0.rs patient/Observation.read system/Patient.rs user/nonsense user/Patient.sr';
  const { claims } = await accessToken('ada', { scope });
  assert.equal(claims.scope, 'user/composition-IDCR%20-%20Report.v0.rs patient/Observation.read');
});

test('a patient linked while the provider runs has the patient claim in the next token', async () => {
  assert.equal((await accessToken('pat')).claims.patient, undefined);
  links = { pat: { patient: '7d44b88c-4199-4bad-97dc-d78268e01398' } };
  assert.equal((await accessToken('pat')).claims.patient, '7d44b88c-4199-4bad-97dc-d78268e01398');
});

test('a signed-in browser gets further codes without a page', async () => {
  const browser = new Browser(issuer);
  await browser.signIn('ada');
  const { location } = await browser.follow(authorization({ prompt: 'none' }));
  assert.ok(new URL(location).searchParams.get('code'));
});

test('the redirect may be any loopback port and no other place', async () => {
  const callback = await new Browser(issuer).signIn('ada', { redirect_uri: 'http://localhost:43210/callback' });
  assert.equal(callback.origin, 'http://localhost:43210');
  for (const redirect of ['http://127.0.0.1.evil.test/callback', 'https://app.example.test/callback', 'http://127.0.0.1:5199/other']) {
    const { answer, location } = await new Browser(issuer).follow(authorization({ redirect_uri: redirect }));
    assert.deepEqual([answer.status, location], [400, null]);
  }
});

test('a code needs PKCE with S256, the right verifier, and works once', async () => {
  for (const missing of [{ code_challenge: undefined, code_challenge_method: undefined }, { code_challenge_method: 'plain' }]) {
    const { location } = await new Browser(issuer).follow(authorization(missing));
    assert.equal(new URL(location).searchParams.get('error'), 'invalid_request');
  }
  const callback = await new Browser(issuer).signIn('ada');
  assert.equal((await exchange(issuer, callback, { code_verifier: undefined })).status, 400);
  const second = await new Browser(issuer).signIn('ada');
  assert.equal((await exchange(issuer, second, { code_verifier: 'x'.repeat(43) })).status, 400);
  const third = await new Browser(issuer).signIn('ada');
  assert.equal((await exchange(issuer, third)).status, 200);
  assert.equal((await exchange(issuer, third)).status, 400);
});

test('implicit, password and refresh grants do not exist', async () => {
  for (const type of ['token', 'id_token', 'code id_token']) {
    const { location } = await new Browser(issuer).follow(authorization({ response_type: type, nonce: 'n' }));
    assert.match(location, /error=unsupported_response_type/);
  }
  for (const grant of ['password', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']) {
    const body = new URLSearchParams({ grant_type: grant, client_id: 'web', username: 'ada', password: 'x', refresh_token: 'x' });
    assert.equal((await fetch(`${issuer}/token`, { method: 'POST', body })).status, 400);
  }
});

test('a service gets system scopes, the role service and itself as the subject', async () => {
  const { access_token: jwt } = await (await serviceToken(issuer, 'system/Patient.rs user/Patient.rs')).json();
  const { claims } = decode(jwt);
  assert.deepEqual([claims.sub, claims.client_id, claims.roles, claims.scope], ['svc-test', 'svc-test', ['service'], 'system/Patient.rs']);
});

test('a service has the roles that are set down for it', async () => {
  const { access_token: jwt } = await (await serviceToken(issuer, 'system/Patient.rs', { id: 'svc-lab' })).json();
  assert.deepEqual(decode(jwt).claims.roles, ['service', 'clinician']);
});

test('a service with a wrong secret and an unknown service get nothing', async () => {
  assert.equal((await serviceToken(issuer, 'system/Patient.rs', { secret: 'wrong' })).status, 401);
  assert.equal((await serviceToken(issuer, 'system/Patient.rs', { id: 'svc-other' })).status, 401);
});

test('another audience is refused', async () => {
  const { location } = await new Browser(issuer).follow(authorization({ resource: 'urn:other' }));
  assert.equal(new URL(location).searchParams.get('error'), 'invalid_target');
});

test('browsers on loopback may call the token endpoint, others may not', async () => {
  const ask = (origin) => fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams({ client_id: 'web', grant_type: 'authorization_code' }), headers: { origin } });
  assert.equal((await ask('http://localhost:5173')).headers.get('access-control-allow-origin'), 'http://localhost:5173');
  assert.equal((await ask('https://evil.test')).headers.get('access-control-allow-origin'), null);
});

test('a foreign Host header is refused', async () => {
  const status = await new Promise((resolve) => {
    const url = new URL('/.well-known/openid-configuration', issuer);
    request(url, { headers: { host: 'evil.test' } }, (answer) => resolve(answer.resume().statusCode)).end();
  });
  assert.equal(status, 421);
});

test('the published key set holds no private part', async () => {
  const { keys } = await (await fetch(`${issuer}/jwks`)).json();
  assert.deepEqual(keys.map((key) => [key.kid, key.alg, key.d]), [['k1', 'ES256', undefined]]);
});
