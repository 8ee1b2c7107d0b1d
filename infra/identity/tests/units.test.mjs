import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { signingKey } from './browser.mjs';
import { isPassword } from '../passwords.mjs';
import { grantable, isResourceScope } from '../scopes.mjs';
import { BadSettings, load } from '../settings.mjs';
import { createThrottle } from '../throttle.mjs';

const NAMES = ['ada', 'clara', 'ines', 'norbert', 'olaf', 'pat', 'tomas', 'vera'];
let folder;
const write = (name, value) => writeFileSync(join(folder, name), JSON.stringify(value));
const environment = (changes = {}) => ({ OPENWARD_OIDC_ISSUER: 'http://127.0.0.1:8201', OPENWARD_SECRETS_DIR: folder, ...changes });

before(() => { folder = mkdtempSync(join(tmpdir(), 'identity-')); });
after(() => rmSync(folder, { recursive: true }));

function goodFiles() {
  write('identity.jwks.json', { keys: [signingKey()] });
  write('identity.clients.json', { 'svc-demo': 'long enough to be a secret' });
  write('identity.users.json', Object.fromEntries(NAMES.map((name) => [name, 'long enough'])));
}

test('settings join the committed users with their passwords', () => {
  goodFiles();
  const { users } = load(environment());
  assert.deepEqual([...users.keys()].sort(), NAMES);
  assert.deepEqual([users.get('ada').roles, users.get('ada').password], [['clinician'], 'long enough']);
});

test('an issuer that others could reach is refused', () => {
  goodFiles();
  const issuers = ['http://0.0.0.0:8201', 'http://10.0.0.1:8201', 'http://id.example.test:8201', 'https://127.0.0.1:8201', 'http://127.0.0.1', 'http://127.0.0.1:8201/', 'http://127.0.0.1.evil.test:1', 'x', ''];
  for (const issuer of issuers) assert.throws(() => load(environment({ OPENWARD_OIDC_ISSUER: issuer })), BadSettings);
});

test('missing and malformed secret files are named, their content is not', () => {
  goodFiles();
  writeFileSync(join(folder, 'identity.users.json'), '{"ada": "s3cret-value"');
  assert.throws(() => load(environment()), (error) => /identity\.users\.json/.test(error.message) && !/s3cret/.test(error.message));
  assert.throws(() => load(environment({ OPENWARD_SECRETS_DIR: join(folder, 'none') })), /identity\.jwks\.json is missing/);
});

test('a public key, a service without the prefix and a user without a password are refused', () => {
  goodFiles();
  write('identity.jwks.json', { keys: [{ ...signingKey(), d: undefined }] });
  assert.throws(() => load(environment()), /private P-256/);
  goodFiles();
  write('identity.clients.json', { web: 'long enough to be a secret' });
  assert.throws(() => load(environment()), /svc-/);
  goodFiles();
  write('identity.users.json', {});
  assert.throws(() => load(environment()), /no usable password/);
});

test('scopes follow the SMART grammar', () => {
  const good = ['patient/composition-*.rs', 'user/composition-MyHospital::*.cruds', 'system/aql-*.rs', 'patient/aql-org.openehr::bp.v1.rs', 'user/template-*.crud',
    'user/composition-IDCR%20-%20Report.v0.rs', 'patient/Observation.rs', 'patient/*.read', 'user/Patient.cruds', 'patient/Observation.rs?category=laboratory'];
  const bad = ['patient/composition-*.sr', 'patient/composition-*.rr', 'patient/composition-*.', 'patient/composition-.rs', 'patient/template-*.r', 'admin/composition-*.rs',
    'patient/composition-*', 'patient/ehr-*.rs', 'user/composition-"x".rs', 'user/composition-*.cruds\n', 'openid', '', 'user/composition-%2525.r', 'user/composition-%00.r', 'user/composition-%ZZ.r', 'user/composition-*a*b*c*d*.r'];
  for (const scope of good) assert.ok(isResourceScope(scope), scope);
  for (const scope of bad) assert.ok(!isResourceScope(scope), scope);
});

test('system scopes are for services only, and a scope is granted once', () => {
  const requested = 'user/Patient.rs system/Patient.rs user/Patient.rs';
  assert.equal(grantable(requested, { service: false }), 'user/Patient.rs');
  assert.equal(grantable(requested, { service: true }), 'system/Patient.rs');
  assert.equal(grantable(undefined, { service: false }), '');
});

test('the throttle forgets after a minute and at a success', () => {
  let now = 0;
  const throttle = createThrottle(() => now);
  for (let attempt = 0; attempt < 5; attempt += 1) throttle.failed('ada');
  assert.equal(throttle.wait('ada'), 60);
  now = 60_000;
  assert.equal(throttle.wait('ada'), 0);
  for (let attempt = 0; attempt < 5; attempt += 1) throttle.failed('ada');
  throttle.succeeded('ada');
  assert.equal(throttle.wait('ada'), 0);
});

test('a password belongs to its user, and nobody has the empty one', () => {
  assert.ok(isPassword({ password: 'x' }, 'x'));
  assert.ok(!isPassword({ password: 'x' }, 'y'));
  assert.ok(!isPassword(undefined, ''));
});
