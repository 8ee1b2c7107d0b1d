"""Who may do what here: the role and the SMART scope that each action needs, both of them."""

from openward_servicekit.auth import Permission, Role

_DESK = frozenset({Role.CLERK})
_CARE = frozenset({Role.CLINICIAN})
_OWN = frozenset({Role.PATIENT})

REGISTER = Permission("patient.register", _DESK, "fhir", "c", "Patient")
READ = Permission("patient.read", _DESK | _CARE | _OWN, "fhir", "r", "Patient")
UPDATE = Permission("patient.update", _DESK, "fhir", "u", "Patient")
SEARCH = Permission("patient.search", _DESK | _CARE, "fhir", "s", "Patient")
