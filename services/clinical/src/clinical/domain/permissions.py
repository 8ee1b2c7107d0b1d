"""Who may do what here: the role and the SMART scope that each action needs, both of them."""

from openward_servicekit.auth import Permission, Role

_CARE = frozenset({Role.CLINICIAN})
_OWN = frozenset({Role.PATIENT})

SEE_EHR = Permission("ehr.read", _CARE | _OWN, "fhir", "r", "Patient")
CREATE = Permission("composition.create", _CARE, "composition", "c")
READ = Permission("composition.read", _CARE | _OWN, "composition", "r")
UPDATE = Permission("composition.update", _CARE, "composition", "u")
DELETE = Permission("composition.delete", _CARE, "composition", "d")
QUERY = Permission("query.run", _CARE, "aql", "s", "adhoc")
#: Who may merge, and who knows what was meant.
REVIEW_MERGE = Permission("merge.review", _CARE | {Role.CLERK}, "fhir", "r", "Patient")
