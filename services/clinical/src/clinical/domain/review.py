"""Whom a version was meant for that was written while two patients counted as one: a suggestion to a human.

Two signs: the patient whom the caller named, and an author who had written for one of the two only. A sign
that is absent leaves it to the other; signs that contradict each other decide nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid

from clinical.domain.intent import Kind


class Side(StrEnum):
    SOURCE = "source"
    SURVIVOR = "survivor"
    UNDECIDED = "undecided"


class Reason(StrEnum):
    NAMED_PATIENT = "named-patient"
    AUTHOR = "author"
    BOTH = "named-patient-and-author"
    CONTRADICTION = "contradiction"
    NO_SIGN = "no-sign"


@dataclass(frozen=True)
class WrittenVersion:
    """A version as its write intent has it; `named_id`: the patient whom the caller named."""

    uid: VersionUid
    ehr_id: EhrId
    kind: Kind
    committed_at: datetime
    committer: str
    template_id: TemplateId | None
    named_id: PatientId | None
    confirmed: bool


@dataclass(frozen=True)
class Party:
    """One of the two: the patient and those who had been merged into it, with their EHRs."""

    patients: frozenset[PatientId]
    ehrs: frozenset[EhrId]


@dataclass(frozen=True)
class Suggestion:
    side: Side
    reason: Reason


def suggest(
    version: WrittenVersion, source: Party, survivor: Party, wrote_before: frozenset[EhrId]
) -> Suggestion:
    """`wrote_before`: the EHRs of the two parties that the version's author wrote to before the merge."""
    named = _one(version.named_id in source.patients, version.named_id in survivor.patients)
    author = _one(bool(wrote_before & source.ehrs), bool(wrote_before & survivor.ehrs))
    if named and author:
        if named is author:
            return Suggestion(named, Reason.BOTH)
        return Suggestion(Side.UNDECIDED, Reason.CONTRADICTION)
    if named:
        return Suggestion(named, Reason.NAMED_PATIENT)
    return Suggestion(author, Reason.AUTHOR) if author else Suggestion(Side.UNDECIDED, Reason.NO_SIGN)


def _one(source: bool, survivor: bool) -> Side | None:  # noqa: FBT001  the two answers to one question
    if source == survivor:
        return None
    return Side.SOURCE if source else Side.SURVIVOR
