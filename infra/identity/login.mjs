// The login page: GET shows it, POST checks the password and hands the user back to the provider.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isPassword } from './passwords.mjs';
import { loginPage } from './pages.mjs';
import { createThrottle } from './throttle.mjs';

const BODY_LIMIT = 4096;
const CSS = readFileSync(new URL('./login.css', import.meta.url));
const PATH = /^\/interaction\/([\w-]{1,64})$/;

/** Koa middleware for `/interaction/<uid>` and `/login.css`. */
export function loginRoutes({ issuer, users }, throttle = createThrottle()) {
  const csrfKey = randomBytes(32);
  const csrf = (uid) => createHmac('sha256', csrfKey).update(uid).digest('base64url');

  // The interaction that this browser's cookie names, which has to be the one of the URL.
  async function interaction(ctx, uid) {
    const details = await ctx.app.interactionDetails(ctx.req, ctx.res);
    return details.uid === uid ? details : ctx.throw(400, 'This sign-in belongs to another browser.');
  }

  async function show(ctx, uid) {
    const { params } = await interaction(ctx, uid);
    answer(ctx, 200, { uid, redirect: params.redirect_uri });
  }

  async function submit(ctx, uid) {
    const { params } = await interaction(ctx, uid);
    const form = await readForm(ctx);
    if (!sameOrigin(ctx) || !equal(form.get('csrf') ?? '', csrf(uid))) ctx.throw(403, 'The form is not from this page.');
    const name = form.get('user') ?? '';
    const user = users.get(name);
    const key = user ? name : ''; // one count for all unknown names keeps the table small
    const wait = throttle.wait(key);
    const again = { uid, redirect: params.redirect_uri, user: name };
    if (wait > 0) {
      ctx.set('Retry-After', String(wait));
      return answer(ctx, 429, { ...again, problem: `Too many attempts. Try again in ${wait} seconds.` });
    }
    if (!isPassword(user, form.get('password') ?? '')) {
      throttle.failed(key);
      return answer(ctx, 401, { ...again, problem: 'User name or password is wrong.' });
    }
    throttle.succeeded(key);
    ctx.redirect(await ctx.app.interactionResult(ctx.req, ctx.res, { login: { accountId: name } }));
    ctx.status = 303;
  }

  function answer(ctx, status, { uid, redirect, problem, user }) {
    ctx.status = status;
    ctx.type = 'html';
    // Browsers hold the redirect that follows the form to form-action too, so the application's origin is in it.
    ctx.set('Content-Security-Policy', policy(`'self' ${new URL(redirect).origin}`));
    ctx.body = loginPage({ action: `/interaction/${uid}`, csrf: csrf(uid), problem, user });
  }

  function sameOrigin(ctx) {
    const origin = ctx.get('Origin');
    return origin === '' || origin === issuer;
  }

  return async (ctx, next) => {
    if (ctx.path === '/login.css' && ctx.method === 'GET') {
      ctx.type = 'css';
      ctx.body = CSS;
      return undefined;
    }
    const [, uid] = PATH.exec(ctx.path) ?? [];
    if (!uid) return next();
    if (ctx.method === 'GET') return show(ctx, uid);
    if (ctx.method === 'POST') return submit(ctx, uid);
    return ctx.throw(405);
  };
}

export function policy(formAction = "'none'") {
  return `default-src 'none'; style-src 'self'; form-action ${formAction}; base-uri 'none'; frame-ancestors 'none'`;
}

async function readForm(ctx) {
  if (!ctx.is('application/x-www-form-urlencoded')) ctx.throw(415);
  const chunks = [];
  let size = 0;
  for await (const chunk of ctx.req) {
    size += chunk.length;
    if (size > BODY_LIMIT) ctx.throw(413);
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

function equal(given, expected) {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}
