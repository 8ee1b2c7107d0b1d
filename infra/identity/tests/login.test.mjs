import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, PASSWORD, startProvider } from './browser.mjs';

let provider;
let issuer;
before(async () => {
  provider = await startProvider();
  issuer = provider.issuer;
});
after(() => provider.stop());

async function opened() {
  const browser = new Browser(issuer);
  await browser.openLogin();
  return browser;
}

test('the page has labels, no script, and may be framed and styled by nobody else', async () => {
  const { answer, page } = await new Browser(issuer).openLogin();
  const policy = answer.headers.get('content-security-policy');
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(policy, /form-action 'self' http:\/\/127\.0\.0\.1:5199/);
  assert.doesNotMatch(page, /<script|style=|onload|javascript:/i);
  for (const id of ['user', 'password']) assert.match(page, new RegExp(`<label for="${id}">.*</label>\\s*<input id="${id}"`, 's'));
  assert.match(page, /<html lang="en">/);
  assert.equal((await fetch(`${issuer}/login.css`)).headers.get('content-type'), 'text/css; charset=utf-8');
});

test('a wrong password and an unknown user get the same answer', async () => {
  const texts = [];
  for (const user of ['ada', 'nobody']) {
    const answer = await (await opened()).submit({ user, password: 'wrong' });
    assert.equal(answer.status, 401);
    texts.push(/role="alert">([^<]*)</.exec(await answer.text())[1]);
  }
  assert.equal(texts[0], texts[1]);
});

test('what was typed comes back escaped', async () => {
  const answer = await (await opened()).submit({ user: '"><img src=x onerror=alert(1)>', password: 'x' });
  assert.doesNotMatch(await answer.text(), /<img/);
});

test('a form from another page is refused', async () => {
  const fields = { user: 'ada', password: PASSWORD };
  assert.equal((await (await opened()).submit({ ...fields, csrf: 'forged' })).status, 403);
  assert.equal((await (await opened()).submit(fields, { origin: 'https://evil.test' })).status, 403);
});

test('a form of one browser does not work in another', async () => {
  const victim = await opened();
  const attacker = await opened();
  const { action, csrf } = victim;
  Object.assign(attacker, { action, csrf });
  assert.equal((await attacker.submit({ user: 'ada', password: PASSWORD })).status, 400);
});

test('a body that is too big or no form is refused', async () => {
  assert.equal((await (await opened()).submit({ user: 'ada', password: 'x'.repeat(5000) })).status, 413);
  const browser = await opened();
  const answer = await browser.go(browser.action, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
  assert.equal(answer.status, 415);
});

test('after five wrong passwords the user waits, even with the right one', async () => {
  const browser = new Browser(issuer);
  await browser.openLogin();
  for (let attempt = 0; attempt < 5; attempt += 1) await browser.submit({ user: 'pat', password: 'wrong' });
  const answer = await browser.submit({ user: 'pat', password: PASSWORD });
  assert.equal(answer.status, 429);
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
  assert.equal((await browser.submit({ user: 'ada', password: PASSWORD })).status, 303);
});
