from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId
from patients.domain.identifier_domain import Domains, IdentifierDomain
from patients.domain.merges.preview import Doubt, Verdict, compared, doubts
from patients.domain.patient import Change, EhrState, Patient
from patients.domain.record import PatientRecord

SHARED = "urn:example:shared"
DOMAINS = Domains({SHARED: IdentifierDomain(system=SHARED, name="A household", exclusive=False)})


def record(**fields: Any) -> PatientRecord:
    return PatientRecord.model_validate({"names": [{"family": "Moreau"}]} | fields)


def patient(number: int, of: PatientRecord) -> Patient:
    change = Change(datetime(2026, 1, 1, tzinfo=UTC), Actor(sub="clerk-1", client_id="desk", roles=()), ())
    ids = PatientId(UUID(int=number)), EhrId(UUID(int=number + 10))
    return Patient(ids[0], 1, f"{number:09}", of, ids[1], EhrState.READY, change.at, change)


def doubted(
    source: PatientRecord, target: PatientRecord, *, judged_different: bool = False
) -> tuple[Doubt, ...]:
    return doubts(patient(1, source), patient(2, target), DOMAINS, judged_different=judged_different)


def test_each_field_that_either_record_has_is_judged() -> None:
    source = record(gender="female", birth_date="1980-02-29", mothers_maiden_name="Petit")
    target = record(gender="male", birth_date="1980-02-29", deceased=True)

    named = [{"use": "official", "family": "Moreau"}]
    found = {pair.field: (pair.verdict, pair.source, pair.target) for pair in compared(source, target)}

    assert found == {
        "names": (Verdict.SAME, named, named),
        "gender": (Verdict.DIFFER, "female", "male"),
        "birth_date": (Verdict.SAME, "1980-02-29", "1980-02-29"),
        "mothers_maiden_name": (Verdict.ONLY_SOURCE, "Petit", None),
        "deceased": (Verdict.ONLY_TARGET, None, True),
    }


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ({}, {}, ()),
        ({"gender": "female"}, {"gender": "male"}, (Doubt.SEX,)),
        ({"gender": "female"}, {}, ()),
        ({"birth_date": "1980-02-29"}, {"birth_date": "1980-03-01"}, (Doubt.BIRTH_DATE,)),
        ({"birth_date": "1980-02-29"}, {"birth_date": "1980"}, ()),
        ({"deceased": True}, {}, (Doubt.DECEASED,)),
        ({}, {"restricted": True}, (Doubt.RESTRICTED, Doubt.RESTRICTION)),
        ({"restricted": True}, {"restricted": True}, (Doubt.RESTRICTED,)),
        ({"active": False}, {}, (Doubt.INACTIVE,)),
        ({}, {"test": True}, (Doubt.TEST,)),
    ],
)
def test_what_speaks_against_a_merge_is_said(
    source: dict[str, Any], target: dict[str, Any], expected: tuple[Doubt, ...]
) -> None:
    assert doubted(record(**source), record(**target)) == expected


@pytest.mark.parametrize(
    ("system", "use", "expected"),
    [
        ("urn:example:national", "official", (Doubt.IDENTIFIER,)),
        ("urn:example:national", "old", ()),
        (SHARED, "official", ()),
    ],
)
def test_two_values_conflict_where_a_person_has_one(
    system: str, use: str, expected: tuple[Doubt, ...]
) -> None:
    one = record(identifiers=[{"system": system, "value": "1", "use": use}])
    other = record(identifiers=[{"system": system, "value": "2"}])

    assert doubted(one, other) == expected


def test_who_was_judged_to_be_two_is_doubted() -> None:
    assert doubted(record(), record(), judged_different=True) == (Doubt.JUDGED_DIFFERENT,)
