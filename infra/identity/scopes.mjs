// Which of the requested scopes may be put into a token: the SMART grammar, nothing about roles (services decide by role).
// SMART on openEHR (ITS-REST 1.1.0) resource scopes and SMART on FHIR v2; v1 `.read`, `.write`, `.*` are passed on as they are.

const TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]{1,512}$/; // RFC 6749, section 3.3
const OPENEHR = /^(patient|user|system)\/(composition|template|aql)-([^\s?/]+)\.([cruds]{1,5})$/;
const FHIR = /^(patient|user|system)\/(?:[A-Z][A-Za-z]{1,63}|\*)\.([cruds]{1,5}|read|write|\*)(?:\?\S{1,128})?$/;
const V1 = new Set(['read', 'write', '*']);

/** The resource scopes of `requested` (space separated) that fit: `system/` for a service, `user/` and `patient/` for a user. */
export function grantable(requested, { service }) {
  const scopes = (requested ?? '').split(' ').filter((scope) => scope.startsWith('system/') === service && isResourceScope(scope));
  return [...new Set(scopes)].join(' ');
}

export function isResourceScope(scope) {
  if (!TOKEN.test(scope)) return false;
  const openehr = OPENEHR.exec(scope);
  if (openehr) return isTarget(openehr) && inOrder(openehr[4]);
  const fhir = FHIR.exec(scope);
  return fhir !== null && (V1.has(fhir[2]) || inOrder(fhir[2]));
}

// Template ids may hold spaces, which no scope token can: they are percent-encoded, once.
function isTarget([, compartment, kind, encoded]) {
  if (compartment === 'patient' && kind === 'template') return false; // not in the specification's table
  let target;
  try {
    target = decodeURIComponent(encoded);
  } catch {
    return false;
  }
  return !/[%\p{C}]/u.test(target) && target.split('*').length <= 5;
}

// c r u d s, each at most once (SMART App Launch 2.2, section 3.0.2).
function inOrder(permissions) {
  return /^c?r?u?d?s?$/.test(permissions);
}
