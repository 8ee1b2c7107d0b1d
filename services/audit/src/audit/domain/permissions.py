"""Who may see the log: the role and the SMART scope, both of them."""

from openward_servicekit.auth import Permission, Role

_AUDIT = frozenset({Role.AUDITOR})

SEARCH = Permission("audit-entry.search", _AUDIT, "fhir", "s", "AuditEvent")
SEE_STREAMS = Permission("audit-stream.read", _AUDIT, "fhir", "r", "AuditEvent")
