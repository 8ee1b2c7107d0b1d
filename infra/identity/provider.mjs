// The OpenID Connect provider: authorization code with PKCE for people, client credentials for services, nothing else.
import { randomBytes } from 'node:crypto';
import Provider, { errors, interactionPolicy } from 'oidc-provider';
import { loginRoutes, policy } from './login.mjs';
import { errorPage } from './pages.mjs';
import { grantable } from './scopes.mjs';

const TOKEN_SECONDS = 300;
const WORKDAY_SECONDS = 8 * 3600;

export function createProvider(settings) {
  const provider = new Provider(settings.issuer, configuration(settings));
  provider.use(onlyOwnHost(settings.issuer));
  provider.use(securityHeaders);
  provider.use(pageForErrors);
  provider.use(loginRoutes(settings));
  provider.on('server_error', (_ctx, error) => console.error(error.stack));
  return provider;
}

function configuration(settings) {
  const port = new URL(settings.issuer).port;
  return {
    jwks: settings.jwks,
    clients: [webClient(), ...Object.entries(settings.clients).map(serviceClient)],
    clientAuthMethods: ['client_secret_basic', 'none'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientBasedCORS: (_ctx, origin, client) => client.clientId === 'web' && isLoopback(origin),
    responseTypes: ['code'],
    pkce: { required: () => true },
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub'], profile: ['name', 'roles'] },
    conformIdTokenClaims: false, // no userinfo endpoint: the ID token carries them
    findAccount: (_ctx, id) => account(settings.users, id),
    extraTokenClaims: (_ctx, token) => tokenClaims(settings, token),
    interactions: { policy: loginOnly() },
    loadExistingGrant: (ctx) => grantAll(ctx, settings.audience),
    renderError: (ctx, out) => renderError(ctx, out),
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      // Cookies ignore ports: without it in the names, two stacks on one machine log each other's users out.
      names: { session: `session_${port}`, interaction: `interaction_${port}`, resume: `resume_${port}` },
    },
    ttl: {
      AccessToken: TOKEN_SECONDS, ClientCredentials: TOKEN_SECONDS, IdToken: TOKEN_SECONDS,
      AuthorizationCode: 60, Interaction: 600, Session: WORKDAY_SECONDS, Grant: WORKDAY_SECONDS,
    },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => settings.audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource, client) => api(settings.audience, ctx, resource, client),
      },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
  };
}

// "native" because RFC 8252, section 7.3, lets such a client use any loopback port, as development servers do.
function webClient() {
  return {
    client_id: 'web',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    redirect_uris: ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}/callback`),
  };
}

function serviceClient([clientId, secret]) {
  return { client_id: clientId, client_secret: secret, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] };
}

function isLoopback(origin) {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  return url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

function account(users, id) {
  const user = users.get(id);
  return user && { accountId: id, claims: () => ({ sub: id, name: user.name, roles: user.roles }) };
}

function tokenClaims({ users, links, services }, token) {
  if (token.kind === 'ClientCredentials') return { roles: services[token.clientId]?.roles ?? ['service'] };
  const { roles, practitioner_id } = users.get(token.accountId);
  return { roles, practitioner_id, patient: links()[token.accountId]?.patient };
}

// The one API behind the gateway. What a code was issued for is what its token may hold.
function api(audience, ctx, resource, client) {
  if (resource !== audience) throw new errors.InvalidTarget();
  const requested = ctx.oidc.entities.AuthorizationCode?.scope ?? ctx.oidc.params.scope;
  const scope = grantable(requested, { service: client.clientId.startsWith('svc-') });
  return { audience, scope, accessTokenFormat: 'jwt', accessTokenTTL: TOKEN_SECONDS, jwt: { sign: { alg: 'ES256' } } };
}

function loginOnly() {
  const prompts = interactionPolicy.base();
  prompts.remove('consent');
  return prompts;
}

// Nobody is asked: the grant is what was requested and may be granted at all.
async function grantAll(ctx, audience) {
  const { client, session, params, resourceServers, provider } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope ?? '');
  grant.addResourceScope(audience, resourceServers[audience].scope);
  await grant.save();
  return grant;
}

// URLs in the provider's answers are made from the Host header; a foreign one is a rebinding attempt.
function onlyOwnHost(issuer) {
  const { host } = new URL(issuer);
  return (ctx, next) => (ctx.host === host ? next() : ctx.throw(421));
}

function securityHeaders(ctx, next) {
  ctx.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': policy(),
    'Referrer-Policy': 'same-origin', // "no-referrer" would make the form's Origin header "null"
    'X-Content-Type-Options': 'nosniff',
  });
  return next();
}

async function pageForErrors(ctx, next) {
  try {
    await next();
  } catch (error) {
    const status = error.statusCode ?? error.status ?? 500;
    if (status >= 500) throw error;
    ctx.status = status;
    renderError(ctx, { error: error.error ?? error.message, error_description: error.error_description });
  }
}

function renderError(ctx, out) {
  ctx.type = 'html';
  ctx.body = errorPage(out);
}
