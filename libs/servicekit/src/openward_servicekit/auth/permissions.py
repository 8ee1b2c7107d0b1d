"""The decision: role AND scope AND, where access is to one's own record only, the patient.

Pure functions; denied unless every part agrees.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, get_args
from uuid import UUID

from openward_servicekit.auth.principal import Principal, Role
from openward_servicekit.auth.scopes import Compartment, Kind, Perm, Scope

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}\.[a-z][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Permission:
    """What a use case asks of its caller.

    `name` is `<resource>.<action>` as denials record it, e.g. `composition.read`. `target` is the FHIR
    resource type or the query name; None when only the object tells it (a composition's template id).
    Raises ValueError on a declaration that could never be granted.
    """

    name: str
    roles: frozenset[Role]
    kind: Kind
    perm: Perm
    target: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name}: a permission is called <resource>.<action>")
        if not self.roles or not self.roles <= frozenset(Role):
            raise ValueError(f"{self.name}: roles must be some of {', '.join(Role)}")
        if self.kind not in get_args(Kind) or self.perm not in get_args(Perm):
            raise ValueError(f"{self.name}: no scope has the form {self.kind}.{self.perm}")
        if self.kind == "fhir" and self.target is None:
            raise ValueError(f"{self.name}: a FHIR permission names its resource type")

    @property
    def resource(self) -> str:
        return self.name.partition(".")[0]

    @property
    def action(self) -> str:
        return self.name.partition(".")[2]


class Reason(StrEnum):
    """Why not, as a slug for the denial record."""

    ROLE = "role-missing"
    SCOPE = "scope-missing"
    OTHER_PATIENT = "other-patient"
    TARGET = "other-kind-of-object"


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    reason: Reason | None = None


ALLOWED: Final = Decision(allowed=True)


def decide(
    principal: Principal, permission: Permission, *, target: str | None = None, patient_id: UUID | None = None
) -> Decision:
    """Whether `principal` may use `permission` on an object.

    `target`: template id, resource type or query name of the object; left out when the permission fixes it.
    `patient_id`: whose data it is, as looked up by the server; None (nobody's, or an unlinked EHR) is never
    one's own.
    """
    name = target if permission.target is None else permission.target
    if name is None or (target is not None and target != name):
        return _denied(Reason.TARGET)
    roles = principal.roles & permission.roles
    compartments = _compartments(
        principal, lambda scope: scope.grants(permission.kind, permission.perm, name)
    )
    if not roles or not compartments:
        return _denied(Reason.SCOPE if roles else Reason.ROLE)
    if _own_only(roles, compartments) and (patient_id is None or patient_id != principal.patient_id):
        return _denied(Reason.OTHER_PATIENT)
    return ALLOWED


def foresee(
    principal: Principal, permission: Permission, *, patient_id: UUID | None = None
) -> Decision | None:
    """What `decide` will say, told before the object is known; None when that depends on the object.

    A denial here holds for every object, and so does an approval. `patient_id` None: not known yet.
    """
    if permission.target is not None and patient_id is not None:
        return decide(principal, permission, patient_id=patient_id)
    roles = principal.roles & permission.roles
    compartments = _compartments(principal, lambda scope: _could_grant(scope, permission))
    if not roles or not compartments:
        return _denied(Reason.SCOPE if roles else Reason.ROLE)
    if not _own_only(roles, compartments):
        return None if permission.target is None else ALLOWED
    return None if patient_id in (None, principal.patient_id) else _denied(Reason.OTHER_PATIENT)


def _could_grant(scope: Scope, permission: Permission) -> bool:
    if permission.target is None:
        return scope.could_grant(permission.kind, permission.perm)
    return scope.grants(permission.kind, permission.perm, permission.target)


def _compartments(principal: Principal, grants: Callable[[Scope], bool]) -> set[Compartment]:
    """A machine acts for nobody and has its own compartment; no user's token reaches into that."""
    usable = ("system",) if principal.is_service else ("user", "patient")
    return {scope.compartment for scope in principal.scopes if scope.compartment in usable and grants(scope)}


def _own_only(roles: frozenset[Role], compartments: set[Compartment]) -> bool:
    return roles == {Role.PATIENT} or compartments == {"patient"}


def _denied(reason: Reason) -> Decision:
    return Decision(allowed=False, reason=reason)
