"""One record and its candidates: link it by itself, ask a person, or register somebody new."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from patients.domain.matching.comparison import Comparison, Grade
from patients.domain.matching.weights import Thresholds

Key = TypeVar("Key", bound=Hashable)


class Action(StrEnum):
    LINK = "link"
    REVIEW = "review"
    NEW = "new"


class Reason(StrEnum):
    """Why a list of candidates is for a person to decide; with those of the best pair, `evidence.Refusal`."""

    NOT_AUTOMATIC = "automatic-links-are-off"
    TRUNCATED = "candidate-list-cut"
    NOT_UNIQUE = "not-the-only-candidate"
    WITHIN_MARGIN = "second-best-too-close"
    BELOW_THRESHOLD = "below-threshold"


@dataclass(frozen=True, slots=True)
class Policy:
    """How freely to link without a person. `margin` is in bits, to the second best candidate.

    Without `thresholds` those of the weights hold. `automatic` off leaves every link to people.
    """

    automatic: bool = True
    margin: float = 10.0
    thresholds: Thresholds | None = None


_DEFAULT = Policy()


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Key]):
    key: Key
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Ranked(Generic[Key]):
    key: Key
    comparison: Comparison
    grade: Grade
    probability: float


@dataclass(frozen=True, slots=True)
class Decision(Generic[Key]):
    """`target` is set for LINK only. `reasons` are slugs: why a person must decide, empty for LINK and NEW.

    `ranked` are the candidates worth showing, best first. `version` is of the weights.
    """

    action: Action
    target: Key | None
    reasons: tuple[str, ...]
    ranked: tuple[Ranked[Key], ...]
    version: str


def decide(
    candidates: Sequence[Candidate[Key]],
    *,
    registry_size: int,
    version: str,
    truncated: bool = False,
    policy: Policy = _DEFAULT,
) -> Decision[Key]:
    """`truncated`: the list was cut; a better one may be missing, so nothing is automatic."""
    ranked = _ranked(candidates, registry_size, policy.thresholds)
    if not ranked:
        if truncated:
            return Decision(Action.REVIEW, None, (Reason.TRUNCATED,), (), version)
        return Decision(Action.NEW, None, (), (), version)
    reasons = _reasons(ranked, truncated=truncated, policy=policy)
    if reasons:
        return Decision(Action.REVIEW, None, reasons, ranked, version)
    return Decision(Action.LINK, ranked[0].key, (), ranked, version)


def _ranked(
    candidates: Sequence[Candidate[Key]], registry_size: int, thresholds: Thresholds | None
) -> tuple[Ranked[Key], ...]:
    graded = (
        Ranked(
            candidate.key,
            candidate.comparison,
            candidate.comparison.grade(registry_size, thresholds),
            candidate.comparison.probability(registry_size),
        )
        for candidate in candidates
    )
    worth_showing = (one for one in graded if one.grade is not Grade.CERTAINLY_NOT)
    return tuple(sorted(worth_showing, key=lambda one: one.comparison.weight, reverse=True))


def _reasons(ranked: Sequence[Ranked[Key]], *, truncated: bool, policy: Policy) -> tuple[str, ...]:
    best, rivals = ranked[0], ranked[1:]
    closest = rivals[0].comparison.weight if rivals else float("-inf")
    holds = {
        Reason.NOT_AUTOMATIC: not policy.automatic,
        Reason.TRUNCATED: truncated,
        Reason.NOT_UNIQUE: any(rival.grade in (Grade.CERTAIN, Grade.PROBABLE) for rival in rivals),
        Reason.WITHIN_MARGIN: best.comparison.weight - closest < policy.margin,
        Reason.BELOW_THRESHOLD: best.grade is not Grade.CERTAIN and not best.comparison.refusals,
    }
    return (*(reason for reason, is_so in holds.items() if is_so), *best.comparison.refusals)
