// The only HTML of the provider. No script, no inline style; every value is escaped by `html`.

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (value) => String(value).replace(/[&<>"']/g, (character) => ENTITIES[character]);

class Markup extends String {}

function html(parts, ...values) {
  const text = values.map((value) => (value instanceof Markup ? value : escape(value)));
  return new Markup(String.raw({ raw: parts }, ...text));
}

function page(title, body) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - Openward</title>
<link rel="stylesheet" href="/login.css">
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`.toString();
}

export function loginPage({ action, csrf, problem, user = '' }) {
  const alert = problem ? html`<p class="problem" id="problem" role="alert">${problem}</p>` : html``;
  const described = problem ? html` aria-describedby="problem" aria-invalid="true"` : html``;
  return page('Sign in', html`${alert}
<form method="post" action="${action}">
<input type="hidden" name="csrf" value="${csrf}">
<label for="user">User name</label>
<input id="user" name="user" value="${user}" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${described}>
<button type="submit">Sign in</button>
</form>
<p class="note">This provider is for development: its users are made up.</p>`);
}

export function errorPage({ error, error_description: description = '' }) {
  return page('Sign-in is not possible', html`<p class="problem" role="alert">${description || error}</p>
<p>Go back to the application and start again.</p>`);
}
