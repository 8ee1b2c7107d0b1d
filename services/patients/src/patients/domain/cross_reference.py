"""Which identifiers are one person's, asked from outside: what it takes, and how it is refused (IHE PIXm)."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.errors import Conflict, Forbidden, Malformed, NotFound

EHR_SYSTEM = "urn:openward:ehr"
"""The ids of EHRs as identifiers of patients; the registry gives them out."""


class SourceIdentifierNotFound(NotFound):
    """The domain is known, the value is nobody's, or of somebody whom the caller may not know of."""

    slug = "source-identifier-not-found"

    def __init__(self) -> None:
        super().__init__("sourceIdentifier Patient Identifier not found")


class SourceDomainUnknown(Malformed):
    slug = "source-domain-unknown"

    def __init__(self) -> None:
        super().__init__("sourceIdentifier Assigning Authority not found")


class TargetDomainUnknown(Forbidden):
    slug = "target-domain-unknown"

    def __init__(self) -> None:
        super().__init__("targetSystem not found")


class IdentifierAmbiguous(Conflict):
    """Its domain gives a value to several people, and several have this one."""

    slug = "several-matches"

    def __init__(self) -> None:
        super().__init__("Several patients have this identifier.")


class CrossReferences(Protocol):
    """Raises RegistryBusy and RegistryTimeout as the other repositories do."""

    async def replaced(
        self, ids: Sequence[PatientId], *, restricted: bool
    ) -> Mapping[PatientId, Sequence[PatientId]]:
        """Who was merged into each of them, and is so now; without `restricted` not who is restricted."""

    async def by_ehr(self, ehr_id: EhrId) -> PatientId | None: ...

    async def in_use(self, system: str) -> bool:
        """Whether anybody has an identifier of that system."""
