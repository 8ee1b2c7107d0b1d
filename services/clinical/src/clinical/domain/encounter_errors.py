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
    slug = "encounter-not-found"

    def __init__(self) -> None:
        super().__init__("The patient has no such encounter.")


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
