"""Who calls, as the verified access token says; nothing here comes from anywhere else."""

from dataclasses import dataclass
from enum import StrEnum

from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId

from openward_servicekit.auth.scopes import Scope


class Role(StrEnum):
    """What a subject is to Openward. Other values of the `roles` claim are the provider's own: dropped."""

    CLERK = "clerk"
    CLINICIAN = "clinician"
    PATIENT = "patient"
    TEMPLATE_AUTHOR = "template-author"
    PRIVACY_OFFICER = "privacy-officer"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose token was verified.

    `patient_id` and `ehr_id` are the record the token is bound to (SMART launch context; for the role patient
    the user's own); None without such a claim. `purpose` is a code of purpose of use.
    """

    sub: str
    client_id: str
    roles: frozenset[Role] = frozenset()
    scopes: tuple[Scope, ...] = ()
    patient_id: PatientId | None = None
    ehr_id: EhrId | None = None
    purpose: str | None = None
    is_service: bool = False

    def actor(self) -> Actor:
        """The same caller as events and the audit log name it."""
        return Actor(
            sub=self.sub,
            client_id=self.client_id,
            roles=tuple(sorted(role.value for role in self.roles)),
            purpose=self.purpose,
        )
