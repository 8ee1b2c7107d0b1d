"""What two patients have in common before they are merged, and what speaks against it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from patients.domain.findable import findable
from patients.domain.identifier_domain import Domains
from patients.domain.patient import Patient
from patients.domain.record import Gender, PatientRecord


class Verdict(StrEnum):
    SAME = "same"
    ONLY_SOURCE = "only-source"
    ONLY_TARGET = "only-target"
    DIFFER = "differ"


class Doubt(StrEnum):
    """A merge is refused for none of these, but for `restriction-differs` to who may not see all."""

    SEX = "sex-differs"
    BIRTH_DATE = "birth-date-differs"
    IDENTIFIER = "identifiers-conflict"
    """Both have a value now in a domain that gives a person one."""
    DECEASED = "deceased"
    RESTRICTED = "restricted"
    RESTRICTION = "restriction-differs"
    INACTIVE = "inactive"
    TEST = "test"
    JUDGED_DIFFERENT = "judged-different"


@dataclass(frozen=True, slots=True)
class FieldPair:
    """A field of both records, as JSON; None where it says nothing."""

    field: str
    verdict: Verdict
    source: Any
    target: Any


@dataclass(frozen=True, slots=True)
class Preview:
    """`linked`: who is merged into the source already and comes with it."""

    source: Patient
    target: Patient
    linked: tuple[Patient, ...]
    fields: tuple[FieldPair, ...]
    doubts: tuple[Doubt, ...]


def compared(source: PatientRecord, target: PatientRecord) -> tuple[FieldPair, ...]:
    """Every field that either says something in."""
    left, right = _said(source), _said(target)
    return tuple(
        FieldPair(name, _verdict(left.get(name), right.get(name)), left.get(name), right.get(name))
        for name in PatientRecord.model_fields
        if name in left or name in right
    )


def doubts(
    source: Patient, target: Patient, domains: Domains, *, judged_different: bool
) -> tuple[Doubt, ...]:
    one, other = source.record, target.record
    found = {
        Doubt.SEX: Gender.UNKNOWN not in {one.gender, other.gender} and one.gender != other.gender,
        Doubt.BIRTH_DATE: contradict(one.birth_date, other.birth_date),
        Doubt.IDENTIFIER: bool(_held(source, domains) & _held(target, domains)),
        Doubt.DECEASED: one.deceased or other.deceased,
        Doubt.RESTRICTED: one.restricted or other.restricted,
        Doubt.RESTRICTION: one.restricted != other.restricted,
        Doubt.INACTIVE: not (one.active and other.active),
        Doubt.TEST: one.test or other.test,
        Doubt.JUDGED_DIFFERENT: judged_different,
    }
    return tuple(doubt for doubt, holds in found.items() if holds)


def contradict(one: str | None, other: str | None) -> bool:
    """Both are known, and neither is the beginning of the other, as a year is of a date."""
    return bool(one and other) and not (str(one).startswith(str(other)) or str(other).startswith(str(one)))


def _held(patient: Patient, domains: Domains) -> set[str]:
    """Systems in which the patient has a value that nobody else may have."""
    found = findable(patient.id, patient.record, domains, None).identifiers
    return {system for system, _, holder in found if not holder}


def _said(record: PatientRecord) -> dict[str, Any]:
    document = record.document()
    return {
        name: document[name]
        for name, field in PatientRecord.model_fields.items()
        if getattr(record, name) != field.default
    }


def _verdict(source: Any, target: Any) -> Verdict:
    if source is None:
        return Verdict.ONLY_TARGET
    if target is None:
        return Verdict.ONLY_SOURCE
    return Verdict.SAME if source == target else Verdict.DIFFER
