"""What can go wrong in the registry; never who it is about."""

from collections.abc import Mapping, Sequence
from typing import Any

from openward_contracts.identifiers import PatientId
from openward_servicekit.errors import (
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Unavailable,
    UpstreamTimeout,
)


class PatientNotFound(NotFound):
    slug = "patient-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such patient, or you may not know of it.")


class PatientExists(Conflict):
    """A patient with this id was registered before: the request is being repeated."""

    slug = "patient-exists"

    def __init__(self) -> None:
        super().__init__("This patient is registered already.")


class IdentifierTaken(Conflict):
    """Another patient has an identifier of the same system and value."""

    slug = "identifier-taken"

    def __init__(self, systems: Sequence[str] = ()) -> None:
        errors = [
            FieldError("taken", f"belongs to another patient in {system}", pointer="/identifiers")
            for system in systems
        ]
        super().__init__("An identifier belongs to another patient.", errors=errors)


class TwinRegistered(Conflict):
    """Somebody of the same name and birth date was registered since duplicates were looked for."""

    slug = "possible-duplicate"

    def __init__(self) -> None:
        super().__init__("Somebody of the same name and birth date was registered just now; look again.")


class MrnGiven(Invalid):
    slug = "mrn-given"

    def __init__(self, pointer: str) -> None:
        error = FieldError("mrn", "the registry gives these numbers out itself", pointer=pointer)
        super().__init__("A medical record number cannot be chosen.", errors=(error,))


class IdentifierInvalid(Invalid):
    """It breaks a rule of its domain; each with its place in the record."""

    slug = "identifier-invalid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("An identifier breaks a rule of its domain.", errors=errors)


class DomainNotFound(NotFound):
    slug = "domain-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such identifier domain.")


class DomainTaken(Conflict):
    slug = "domain-taken"

    def __init__(self) -> None:
        super().__init__("The system belongs to another domain, or there is one of this id.")


class IdentifierContradicts(Conflict):
    """An identifier that holds a birth date, and another one than the record."""

    slug = "identifier-contradicts"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(
            "An identifier tells another birth date. If both are right, repeat it with confirm=identifier"
            " and a Change-Reason.",
            errors=errors,
        )


class OverlaySuspected(Conflict):
    """An update would make another person of the patient."""

    slug = "overlay-suspected"

    def __init__(self, fields: Sequence[str]) -> None:
        errors = [FieldError("overlay", "changes together with the others", pointer=f"/{f}") for f in fields]
        super().__init__(
            "This would make somebody else of the patient. If it is right, repeat it with confirm=overlay"
            " and a Change-Reason.",
            errors=errors,
        )


class ReasonRequired(Invalid):
    slug = "reason-required"

    def __init__(self) -> None:
        error = FieldError("required", "say why", path="Change-Reason")
        super().__init__("This needs a reason.", errors=(error,))


class PatientMergedAway(Conflict):
    """The record was merged into another, where changes belong."""

    slug = "patient-merged"

    def __init__(self, survivor: PatientId) -> None:
        link = f"/api/patients/v1/patients/{survivor}"
        super().__init__(
            f"The patient was merged into {survivor}.", headers={"Link": f'<{link}>; rel="replaced-by"'}
        )


class VersionMismatch(PreconditionFailed):
    slug = "version-mismatch"

    def __init__(self, current: int) -> None:
        super().__init__("If-Match does not name the current version.", headers={"ETag": f'"{current}"'})


class VersionRequired(PreconditionRequired):
    slug = "if-match-required"

    def __init__(self) -> None:
        super().__init__("If-Match with the ETag of the current version is needed.")


class SearchTooShort(Invalid):
    slug = "search-too-short"

    def __init__(self) -> None:
        super().__init__(
            "At least two letters of a name, or one other thing that tells a person, are needed."
        )


class CursorInvalid(Invalid):
    slug = "cursor-invalid"

    def __init__(self) -> None:
        error = FieldError("cursor", "not a cursor of this search, or expired", pointer="/cursor")
        super().__init__("The cursor cannot be used; start again without it.", errors=(error,))


class RegistryBusy(Unavailable):
    slug = "registry-busy"

    def __init__(self) -> None:
        super().__init__("The registry is busy; nothing was changed.", retry_after=1)


class RegistryTimeout(UpstreamTimeout):
    """The connection to the database was lost in the middle: the change may have been made."""

    slug = "registry-timeout"

    def __init__(self) -> None:
        super().__init__("The registry did not answer in time; whether something was changed is unknown.")


class MergeNotFound(NotFound):
    slug = "merge-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such merge, or you may not know of it.")


class MergeWithSelf(Invalid):
    slug = "merge-with-self"

    def __init__(self) -> None:
        error = FieldError("same", "must be another patient than the source", pointer="/target_id")
        super().__init__("A patient cannot be merged into itself.", errors=(error,))


class MergeVersionMismatch(PreconditionFailed):
    """Either patient has changed since whoever decided looked: names which, with its version now."""

    slug = "version-mismatch"

    def __init__(self, current: Mapping[str, int]) -> None:
        errors = [FieldError("version", f"is {now} now", pointer=f"/{name}") for name, now in current.items()]
        super().__init__("A patient has changed; look at the preview again.", errors=errors)


class MergeRestricted(Conflict):
    """One of the two is restricted and the other is not: a merge would show what only some may see."""

    slug = "merge-restricted"

    def __init__(self) -> None:
        super().__init__(
            "One of the two is restricted and the other is not. Who may see all restricted patients can merge"
            " them; or restrict both first."
        )


class SearchTermInvalid(Invalid):
    """Something to search for is not what its field holds."""

    slug = "search-term-invalid"

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(errors=(FieldError("term", expected, pointer=f"/{field}"),))


class SearchTooBroad(Unavailable):
    """It was ended because it took too long."""

    slug = "search-too-broad"

    def __init__(self) -> None:
        super().__init__("Too many patients had to be looked at; say more about them.", retry_after=1)


class PossibleDuplicate(Conflict):
    """Somebody registered is probably this person: the problem shows who, field by field, without values.

    `truncated`: there may be more whom the search did not reach.
    """

    slug = "possible-duplicate"

    def __init__(self, candidates: Sequence[Mapping[str, Any]], *, truncated: bool) -> None:
        super().__init__(
            "The person may be registered already. If none of the candidates is this person, repeat it with"
            " confirm=duplicates and a Change-Reason.",
            extensions={"candidates": list(candidates), "truncated": truncated},
        )


class PairNotFound(NotFound):
    slug = "pair-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such pair of patients, or you may not know of it.")


class RunNotFound(NotFound):
    slug = "run-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such run.")
