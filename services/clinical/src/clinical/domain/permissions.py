"""Who may do what here: the role and the SMART scope that each action needs, both of them."""

from openward_servicekit.auth import Permission

_CARE = frozenset({"clinician"})

SEE_EHR = Permission("ehr.read", _CARE | {"patient"}, "composition", "r")
CREATE = Permission("composition.create", _CARE, "composition", "c")
READ = Permission("composition.read", _CARE | {"patient"}, "composition", "r")
UPDATE = Permission("composition.update", _CARE, "composition", "u")
DELETE = Permission("composition.delete", _CARE, "composition", "d")
QUERY = Permission("query.adhoc", _CARE, "aql", "s")

#: The name that scopes give to free AQL: `user/aql-adhoc.s`.
ADHOC = "adhoc"
