from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from openward_contracts.actor import Actor
from openward_contracts.identifiers import PatientId
from patients.domain.merges.lineage import Span
from patients.domain.merges.review import Because, Edit, Suggestion, Survivor, review
from patients.domain.patient import Change
from patients.domain.ports import Version
from patients.domain.record import PatientRecord

START = datetime(2026, 1, 1, tzinfo=UTC)
NURSE = Actor(sub="nurse-1", client_id="ward", roles=("clerk",))
TARGET = PatientId(UUID(int=2))


def record(**fields: Any) -> PatientRecord:
    return PatientRecord.model_validate({"names": [{"family": "Moreau"}]} | fields)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def edits(source: PatientRecord, *records: PatientRecord, until: int | None = None) -> list[Edit]:
    """Merged at one o'clock into a patient with the first record, who gets another every hour from two on."""
    own, *later = records
    versions = [Version(1, own, None, Change(START, NURSE, ()))]
    versions.append(Version(2, own, None, Change(hour(1), NURSE, ("merged",))))
    for number, after in enumerate(later, 2):
        changed = after.changed_from(versions[-1].record)
        versions.append(Version(number + 1, after, None, Change(hour(number), NURSE, changed)))
    span = Span(hour(1), hour(until) if until else None)
    return review(source, [Survivor(TARGET, span, 2, versions)])


def judged(found: list[Edit]) -> list[tuple[str, Suggestion, Because]]:
    return [(edit.field, edit.suggestion, edit.because) for edit in found]


@pytest.mark.parametrize(
    ("field", "of_source", "added"),
    [
        (
            "identifiers",
            {"system": "urn:example:id", "value": "AB 12"},
            {"system": "urn:example:id", "value": "ab12", "use": "official"},
        ),
        (
            "telecoms",
            {"system": "phone", "value": "+33140205050"},
            {"system": "phone", "value": "+33140205050", "use": "mobile"},
        ),
        ("addresses", {"city": "Lyon"}, {"city": "Lyon"}),
    ],
)
def test_what_only_the_source_had_is_suggested_to_be_theirs(
    field: str, of_source: dict[str, Any], added: dict[str, Any]
) -> None:
    found = edits(record(**{field: [of_source]}), record(), record(**{field: [added]}))

    assert judged(found) == [(field, Suggestion.SOURCE, Because.SOURCE_HAD_IT)]


def test_a_value_that_becomes_what_the_source_has_is_suggested_to_be_theirs() -> None:
    source, own = record(birth_date="1980-02-29"), record(birth_date="1979-01-01")

    (found,) = edits(source, own, record(birth_date="1980-02-29"))

    assert (found.suggestion, found.before, found.after) == (Suggestion.SOURCE, "1979-01-01", "1980-02-29")
    assert (found.patient_id, found.version, found.at, found.by) == (TARGET, 3, hour(2), "nurse-1")


def test_what_the_survivor_had_before_is_theirs_when_it_comes_back() -> None:
    source, own = record(birth_date="1980-02-29"), record(birth_date="1979-01-01")

    found = edits(source, own, source, own)

    assert [edit.suggestion for edit in found] == [Suggestion.SOURCE, Suggestion.SURVIVOR]


def test_what_nobody_had_is_undecided() -> None:
    found = edits(record(), record(), record(telecoms=[{"system": "email", "value": "a@example.org"}]))

    assert judged(found) == [("telecoms", Suggestion.UNDECIDED, Because.NEW)]


def test_what_both_had_is_undecided() -> None:
    phone = {"telecoms": [{"system": "phone", "value": "+33140205050"}]}
    moved = {"telecoms": [phone["telecoms"][0] | {"use": "home"}]}

    found = edits(record(**phone), record(**phone), record(**moved))

    assert judged(found) == [
        ("telecoms", Suggestion.UNDECIDED, Because.REMOVED),
        ("telecoms", Suggestion.UNDECIDED, Because.BOTH_HAD_IT),
    ]


def test_what_goes_is_shown_as_it_was() -> None:
    (found,) = edits(record(), record(mothers_maiden_name="Petit"), record())

    assert (found.before, found.after, found.because) == ("Petit", None, Because.REMOVED)


def test_what_was_changed_after_the_unmerge_is_nobodys_question() -> None:
    named, renamed = record(mothers_maiden_name="Petit"), record(mothers_maiden_name="Grand")

    found = edits(record(), record(), named, renamed, until=3)

    assert [edit.after for edit in found] == ["Petit"]
