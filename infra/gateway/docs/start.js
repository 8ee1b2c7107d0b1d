// Nothing of what is tried out here leaves this origin: no validator service, no stored token.
window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
