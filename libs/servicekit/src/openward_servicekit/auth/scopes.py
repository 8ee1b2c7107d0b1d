"""Resource scopes: SMART on openEHR (ITS-REST 1.1.0) and SMART on FHIR v2, v1 mapped on input.

    <patient|user|system>/<composition|template|aql>-<pattern>.<cruds>
    <patient|user|system>/<Resource|*>.<cruds|read|write|*>

Scopes only restrict: what a token may do is its scopes AND the roles of its subject (`permissions.decide`).
Anything not understood grants nothing.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, cast, get_args
from urllib.parse import quote, unquote

from openward_servicekit.auth.patterns import is_pattern, matches

Compartment = Literal["patient", "user", "system"]
Kind = Literal["fhir", "composition", "template", "aql"]
Perm = Literal["c", "r", "u", "d", "s"]

_PERMS: Final = "cruds"
_V1: Final = {"read": "rs", "write": "cud", "*": "cruds"}
#: RFC 6749 appendix A.4. One character class, so matching is linear.
_SCOPE_TOKEN: Final = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,512}")
_WRITABLE: Final = "".join(map(chr, (0x21, *range(0x23, 0x5C), *range(0x5D, 0x7F)))).replace("%", "")
_FHIR_RESOURCE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")


@dataclass(frozen=True, slots=True)
class Scope:
    """One resource scope. `narrowed`: it carries a search query that restricts it further."""

    compartment: Compartment
    kind: Kind
    target: str
    perms: frozenset[str]
    narrowed: bool = False

    def could_grant(self, kind: Kind, perm: Perm) -> bool:
        """Whether there is a target for which `grants` says yes.

        A narrowed scope grants nothing: its query is not evaluated, and without it the scope would grant more
        than the user consented to.
        """
        return self.kind == kind and perm in self.perms and not self.narrowed

    def grants(self, kind: Kind, perm: Perm, target: str) -> bool:
        """Whether it gives `perm` on the object named `target` (resource type, template id or query name)."""
        if not self.could_grant(kind, perm):
            return False
        return self.target in ("*", target) if kind == "fhir" else matches(self.target, target)


def parse_scopes(scope_claim: str) -> tuple[Scope, ...]:
    """The resource scopes of a token's `scope` claim (RFC 6749, section 3.3), without what is not one."""
    return tuple(scope for token in scope_claim.split(" ") if (scope := parse_scope(token)))


def parse_scope(token: str) -> Scope | None:
    """None: not a resource scope (`openid`, `launch/patient` ...) or malformed."""
    if not _SCOPE_TOKEN.fullmatch(token):
        return None
    compartment, _, resource = token.partition("/")
    if compartment not in get_args(Compartment):
        return None
    kind, dash, _ = resource.partition("-")
    parse = _parse_openehr if dash and kind in ("composition", "template", "aql") else _parse_fhir
    return parse(cast("Compartment", compartment), resource)


def _parse_openehr(compartment: Compartment, resource: str) -> Scope | None:
    name, _, letters = resource.rpartition(".")
    kind, _, written = name.partition("-")
    target, perms = _decode(written), _perms(letters)
    if target is None or perms is None or not is_pattern(target):
        return None
    if kind == "template" and compartment == "patient":
        return None  # not in the specification's table: a template belongs to no patient
    return Scope(compartment, cast("Kind", kind), target, perms)


def _parse_fhir(compartment: Compartment, resource: str) -> Scope | None:
    # The query goes first: it may hold dots of its own.
    body, asked, query = resource.partition("?")
    target, _, letters = body.rpartition(".")
    perms = _perms(_V1.get(letters, letters))
    if perms is None or (asked and not query):
        return None
    if target != "*" and not _FHIR_RESOURCE.fullmatch(target):
        return None
    return Scope(compartment, "fhir", target, perms, narrowed=bool(asked))


def _perms(letters: str) -> frozenset[str] | None:
    """SMART v2: some of c, r, u, d, s, in this order, none twice."""
    places = [_PERMS.find(letter) for letter in letters]
    if not places or places[0] < 0 or any(a >= b for a, b in pairwise(places)):
        return None
    return frozenset(letters)


def _decode(written: str) -> str | None:
    """Percent-decoding, an extension: template ids hold spaces, which a scope token cannot.

    Only what cannot be written plainly may be encoded. So there is one spelling for a target, and `%2A`
    cannot slip a wildcard past a provider that refuses `*`.
    """
    if "?" in written:
        return None
    try:
        decoded = unquote(written, errors="strict")
    except UnicodeDecodeError:
        return None
    if "%" in decoded or not decoded.isprintable():
        return None
    return decoded if quote(decoded, safe=_WRITABLE).lower() == written.lower() else None
