"""Every login role of the databases, with its limits. Its rights are where the objects are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openward_cli.stack import Service

#: A service answers within seconds; what takes longer is a fault, and must not hold locks.
_RUNTIME = {
    "search_path": "public",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
#: A migration may run long, but gives up when it cannot have its lock: behind it everybody would wait.
_MIGRATION = {"search_path": "public", "lock_timeout": "10s"}
#: With the 30 s that it waits for a session, EHRbase has done or given up any write within the 90 s after
#: which `clinical` lets somebody else have the version.
_EHRBASE = {"transaction_timeout": "45s"}


@dataclass(frozen=True)
class Role:
    """`connections`: how many sessions it may have at once. `settings`: its PostgreSQL parameters."""

    name: str
    connections: int
    settings: Mapping[str, str] = field(default_factory=dict)


ROLES = (
    *(Role(service.value, 60, _RUNTIME) for service in Service),
    *(Role(f"{service.value}_owner", 5, _MIGRATION) for service in Service),
    Role("ehrbase", 5),
    Role("ehrbase_restricted", 60, _EHRBASE),
    Role("clinical_evt", 30, {**_RUNTIME, "search_path": "evt"}),
)
#: Where the identity provider is Keycloak, which makes its tables itself.
KEYCLOAK = Role("keycloak", 25)
