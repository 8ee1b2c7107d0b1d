"""What can go wrong here, in the words of the field; what becomes of it in HTTP is servicekit's."""

from collections.abc import Sequence

from openward_contracts.identifiers import EhrId
from openward_servicekit.errors import (
    Conflict,
    Failure,
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    TooLarge,
    Unavailable,
    Unsupported,
    UpstreamBroken,
    UpstreamTimeout,
)

from clinical.domain.objection import Objection


class PatientNotFound(NotFound):
    slug = "patient-not-found"

    def __init__(self) -> None:
        detail = "There is no such patient, or you may not know of it."
        super().__init__(detail, errors=(FieldError(self.slug, detail, path="patient_id"),))


class EhrNotFound(NotFound):
    slug = "ehr-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such EHR, or you may not know of it.")


class EhrHidden(EhrNotFound):
    """Its patient is restricted."""


class CompositionNotFound(NotFound):
    slug = "composition-not-found"

    def __init__(self) -> None:
        super().__init__("The EHR holds no such composition.")


class CompositionRejected(Invalid):
    """The composition does not fit its template.

    `said`: what EHRbase objects to. The answer has a member `problems`, too: a list of CompositionProblem.
    """

    slug = "composition-rejected"

    def __init__(
        self,
        detail: str,
        errors: Sequence[FieldError] = (),
        *,
        said: tuple[Objection, ...] = (),
    ) -> None:
        super().__init__(detail, errors=errors)
        self.said = said


class CompositionUnreadable(Invalid):
    """All of the body is to blame, or the parameter `path`."""

    slug = "composition-unreadable"

    def __init__(self, detail: str, path: str | None = None) -> None:
        pointer = "" if path is None else None
        super().__init__(detail, errors=(FieldError(self.slug, detail, pointer, path),))


class CompositionNotValidated(Unsupported):
    slug = "composition-not-validated"

    def __init__(self) -> None:
        super().__init__("Compositions in JSON are validated: FLAT, STRUCTURED or CANONICAL.")


class CompositionTooLarge(TooLarge):
    slug = "composition-too-large"

    def __init__(self, most: int) -> None:
        super().__init__(f"A composition of at most {most} bytes is validated.")


class ValidatorBusy(Unavailable):
    slug = "validator-busy"

    def __init__(self) -> None:
        super().__init__("Too much is being validated; try again.", retry_after=5)


class ValidatorFailed(Failure):
    """A fault of ours, on record by its kind."""

    slug = "validator-failed"

    def __init__(self) -> None:
        super().__init__("The validator cannot deal with this composition: nothing is said of it.")


class TemplateUnknown(Invalid):
    slug = "template-unknown"


class CompositionExists(Conflict):
    slug = "composition-exists"

    def __init__(self) -> None:
        super().__init__("A composition with this id exists already.")


class EhrNotModifiable(Conflict):
    slug = "ehr-not-modifiable"

    def __init__(self) -> None:
        super().__init__("The EHR does not allow modification.")


class PatientInactive(Conflict):
    slug = "patient-inactive"

    def __init__(self) -> None:
        super().__init__(
            "The patient is not active in the registry: what is recorded can be read and not changed."
        )


class PatientUnannounced(Unavailable):
    """An event that was before it, the registration, has not arrived yet."""

    slug = "patient-unannounced"


class EhrLockedByMerge(Conflict):
    """`primary`: the EHR to write to instead, if the caller may know of it."""

    slug = "ehr-merged"

    def __init__(self, ehr_id: EhrId, primary: EhrId | None) -> None:
        instead = f"EHR {primary}" if primary else "the primary EHR of the patient"
        super().__init__(
            f"EHR {ehr_id} was merged into another: what it holds can be read and not changed. "
            f"Record what is new in {instead}."
        )


class MergeNotFound(NotFound):
    slug = "merge-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such merge.")


class MergeOutOfOrder(Unavailable):
    """An event that was before it, the undoing of another merge, has not arrived yet."""

    slug = "merge-out-of-order"


class MergeBusy(Unavailable):
    """Another process changes the status of the same EHR."""

    slug = "merge-busy"


class VersionBeingWritten(Conflict):
    """Another correction of the same version has not been answered yet."""

    slug = "version-being-written"

    def __init__(self) -> None:
        super().__init__("Another request is writing the next version; try again.", retry_after=1)


class VersionMismatch(PreconditionFailed):
    """If-Match does not name the latest version; `current` does, as ETag of the answer."""

    slug = "version-mismatch"

    def __init__(self, current: str | None) -> None:
        super().__init__(
            "If-Match does not name the latest version.",
            headers={"ETag": f'"{current}"'} if current else {},
        )


class VersionRequired(PreconditionRequired):
    slug = "if-match-required"

    def __init__(self) -> None:
        super().__init__("If-Match with the version uid of the latest version is needed.")


class CdrError(UpstreamBroken):
    """EHRbase answered with an error that is not the caller's."""

    slug = "cdr-error"

    def __init__(self, status: int) -> None:
        super().__init__(f"The clinical data repository failed with status {status}.")
        self.status = status


class CursorInvalid(Malformed):
    slug = "cursor-invalid"

    def __init__(self, path: str = "cursor") -> None:
        detail = "The cursor is not one of this list, or too old: begin with the first page."
        super().__init__(detail, errors=(FieldError(self.slug, detail, path=path),))


class SubjectTaken(Conflict):
    """The EHR id, or the patient, is bound differently in EHRbase already."""

    slug = "ehr-subject-taken"

    def __init__(self) -> None:
        super().__init__("The EHR belongs to another subject.")


class OutcomeUnknown(UpstreamTimeout):
    """EHRbase was asked to write, did not answer, and does not hold the version (yet)."""

    slug = "outcome-unknown"

    def __init__(self) -> None:
        super().__init__(
            "EHRbase has not confirmed the change. Repeat it with the same Idempotency-Key or If-Match.",
            retry_after=5,
        )


class QueryUnreadable(Malformed):
    """Not AQL, at `line` and `column` (from 1), which are members of the problem too."""

    slug = "query-unreadable"

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(
            f"The query cannot be read: {reason} (line {line}, column {column}).",
            extensions={"line": line, "column": column},
        )


class QueryRejected(Invalid):
    slug = "query-rejected"


class QueryRowsTooMany(Invalid):
    slug = "query-rows-too-many"


class QueryAnswerTooLarge(Invalid):
    slug = "query-answer-too-large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The answer has more than {limit} bytes: ask for less, or for less at once (fetch)."
        )


class QueryTimeout(UpstreamTimeout):
    slug = "query-timeout"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The query was given up after {seconds:g} seconds.")


class QueryNotBound(Forbidden):
    """It cannot be shown that the query shows only what the caller may see; where, as in QueryUnreadable."""

    slug = "query-not-bound"

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(
            f"The query is not bound to what you may see: {reason} (line {line}, column {column}).",
            extensions={"line": line, "column": column},
        )
