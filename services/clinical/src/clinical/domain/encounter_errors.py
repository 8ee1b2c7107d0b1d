"""What can go wrong with encounters."""

from openward_contracts.identifiers import EncounterId
from openward_servicekit.errors import (
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
)


class EncounterNotFound(NotFound):
    """`path`: the parameter that names it."""

    slug = "encounter-not-found"

    def __init__(self, path: str = "encounter_id") -> None:
        detail = "The patient has no such encounter."
        super().__init__(detail, errors=(FieldError(self.slug, detail, path=path),))


class EncounterUnknown(EncounterNotFound):
    """A composition was to belong to it."""


class EncounterVoid(Conflict):
    """It was cancelled, or recorded in error: nothing was done in it."""

    slug = "encounter-void"

    def __init__(self) -> None:
        problem = FieldError(
            path="encounter_id", code=self.slug, detail="An encounter that is not cancelled."
        )
        super().__init__("Nothing can belong to an encounter that did not take place.", errors=(problem,))


class EncounterTransitionRefused(Conflict):
    slug = "encounter-transition-refused"

    def __init__(self, status: str, to: str) -> None:
        super().__init__(f"An encounter that is {status} cannot become {to}.")


class EncounterOverlap(Conflict):
    """`other`: the in-patient encounter that has to be closed before; None if nobody knows which."""

    slug = "encounter-overlap"

    def __init__(self, other: EncounterId | None) -> None:
        super().__init__(
            "The patient has an open in-patient encounter already.",
            extensions={"encounter_id": str(other)} if other else {},
        )


class EncounterPeriodReversed(Invalid):
    slug = "encounter-period-reversed"

    def __init__(self) -> None:
        problem = FieldError(pointer="/at", code="before-start", detail="Before the encounter's start.")
        super().__init__("An encounter cannot end, or move, before it starts.", errors=(problem,))


class EncounterInFuture(Invalid):
    slug = "encounter-in-future"

    def __init__(self, pointer: str) -> None:
        problem = FieldError(pointer=pointer, code="in-future", detail="It is later than now.")
        super().__init__("What has happened has not happened in the future.", errors=(problem,))


class EncounterVersionMismatch(PreconditionFailed):
    slug = "encounter-version-mismatch"

    def __init__(self, current: int) -> None:
        super().__init__(
            "If-Match does not name the latest version of the encounter.", headers={"ETag": f'"{current}"'}
        )


class EncounterVersionRequired(PreconditionRequired):
    slug = "if-match-required"

    def __init__(self) -> None:
        super().__init__("If-Match with the ETag of the encounter is needed.")
