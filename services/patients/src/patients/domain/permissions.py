"""Who may do what here: the role and the SMART scope that each action needs, both of them."""

from openward_servicekit.auth import Permission, Role

_DESK = frozenset({Role.CLERK})
_CARE = frozenset({Role.CLINICIAN})
_OWN = frozenset({Role.PATIENT})
_PRIVACY = frozenset({Role.PRIVACY_OFFICER})
_ADMIN = frozenset({Role.ADMIN})

REGISTER = Permission("patient.register", _DESK, "fhir", "c", "Patient")
READ = Permission("patient.read", _DESK | _CARE | _OWN | _PRIVACY, "fhir", "r", "Patient")
UPDATE = Permission("patient.update", _DESK | _PRIVACY, "fhir", "u", "Patient")
SEARCH = Permission("patient.search", _DESK | _CARE | _PRIVACY, "fhir", "s", "Patient")
MERGE = Permission("patient.merge", _DESK | _PRIVACY, "fhir", "u", "Patient")
MATCH = Permission("patient.match", _DESK | _CARE | _PRIVACY, "fhir", "s", "Patient")
DECIDE = Permission("patient.decide-match", _DESK | _PRIVACY, "fhir", "u", "Patient")
IMPORT = Permission("patient.import", _ADMIN, "fhir", "c", "Patient")
#: Beside the permission for what they do: whoever lacks it does not learn that a restricted patient is there.
SEE_RESTRICTED = Permission("patient.see-restricted", _PRIVACY | _OWN, "fhir", "r", "Patient")
READ_DOMAINS = Permission(
    "identifier-domain.read", _DESK | _CARE | _PRIVACY | _ADMIN, "fhir", "r", "Organization"
)
MANAGE_DOMAINS = Permission("identifier-domain.manage", _ADMIN, "fhir", "u", "Organization")
