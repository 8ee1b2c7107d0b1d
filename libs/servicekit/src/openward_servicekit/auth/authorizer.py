"""Permissions where they are asked for: at the route, and in the use case once it knows the object."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, NoReturn, TypeVar

from fastapi import Depends, Request
from openward_contracts.identifiers import EhrId, PatientId

from openward_servicekit.auth.permissions import Permission, Reason, decide, foresee
from openward_servicekit.auth.principal import Principal
from openward_servicekit.auth.refusals import DenialNotRecorded, PermissionDenied, TokenMissing
from openward_servicekit.auth.undecided import decided, hold_answer
from openward_servicekit.errors import Failure

Id = TypeVar("Id")


@dataclass(frozen=True, slots=True)
class Denial:
    """A refused access, for the record; `patient_id` and `ehr_id`: whose data was asked for, if known."""

    principal: Principal
    permission: Permission
    reason: Reason
    patient_id: PatientId | None = None
    ehr_id: EhrId | None = None


@dataclass(frozen=True)
class Authorizer:
    """`on_denied` returns when the denial is durable. If it fails, the answer is 503 and not 403."""

    on_denied: Callable[[Denial], Awaitable[None]]

    async def authorize(
        self,
        principal: Principal,
        permission: Permission,
        *,
        target: str | None = None,
        patient_id: PatientId | None = None,
        ehr_id: EhrId | None = None,
        instead: Failure | None = None,
    ) -> None:
        """Return if `decide` allows it; else record the denial and raise PermissionDenied.

        `instead`, a NotFound, is raised in its place where the caller may not learn that the object exists.
        Raises DenialNotRecorded when `on_denied` fails.
        """
        decided(permission)
        decision = decide(principal, permission, target=target, patient_id=patient_id)
        if decision.reason is not None:
            await self.deny(Denial(principal, permission, decision.reason, patient_id, ehr_id), instead)

    def permitted(
        self,
        principal: Principal,
        permission: Permission,
        targets: Iterable[str],
        *,
        patient_id: PatientId | None = None,
    ) -> frozenset[str]:
        """Those of `targets` that the caller may see, for lists. What is left out is not a denial."""
        decided(permission)
        return frozenset(
            target
            for target in targets
            if decide(principal, permission, target=target, patient_id=patient_id).allowed
        )

    async def deny(self, denial: Denial, instead: Failure | None = None) -> NoReturn:
        """Record, then refuse. For rules beyond roles and scopes, too."""
        try:
            await self.on_denied(denial)
        except Exception as error:
            raise DenialNotRecorded from error
        raise instead or PermissionDenied(denial.permission.name)


@dataclass(frozen=True)
class Requirement:
    """A route's dependency; `openward_permission` is what the start-up check looks for."""

    openward_permission: Permission

    async def __call__(
        self,
        request: Request,
        undecided: Annotated[set[Permission], Depends(hold_answer, scope="function")],
    ) -> Principal:
        authorizer: Authorizer = request.app.state.authorizer
        # Set by the authentication middleware and by nothing else.
        principal = getattr(request.state, "principal", None)
        if not isinstance(principal, Principal):
            raise TokenMissing
        patient_id = _path_id(request, "patient_id", PatientId)
        decision = foresee(principal, self.openward_permission, patient_id=patient_id)
        if decision is None:
            undecided.add(self.openward_permission)
        elif decision.reason is not None:
            ehr_id = _path_id(request, "ehr_id", EhrId)
            await authorizer.deny(
                Denial(principal, self.openward_permission, decision.reason, patient_id, ehr_id)
            )
        return principal


def _path_id(request: Request, name: str, kind: Callable[[str], Id]) -> Id | None:
    """None also for a malformed one: the route's own validation answers that."""
    try:
        return kind(request.path_params[name])
    except (KeyError, ValueError):
        return None


def require(permission: Permission) -> Requirement:
    """A route's dependency, `Annotated[Principal, Depends(require(READ))]`: the caller, if it may.

    Decides what can be decided before the object is known; a path parameter `patient_id` counts. What is left
    has to be decided with `authorize` or `permitted`: a route that answers without it fails with 500, and
    nothing is sent. The app's own `Authorizer` (`app.state.authorizer`) records denials.
    """
    return Requirement(permission)
