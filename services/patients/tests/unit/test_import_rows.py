"""Rows of an import: what a registration of the same record would store, in COPY's text format."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from openward_contracts.actor import Actor
from openward_contracts.event import Event, outbox_columns
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.patients import PatientRegistered
from patients.adapters.imports.announcing import Announcement
from patients.adapters.imports.preparing import TABLES, Task, prepared
from patients.domain.findable import findable
from patients.domain.identifier_domain import Domains
from patients.domain.imports.job import Format, ImportSettings
from patients.domain.imports.settling import Holder, Person, Ready, settled
from patients.domain.imports.splitting import Chunk
from patients.domain.record import PatientRecord

IMPORT, NOW = UUID("0192f1f0-0000-4000-8000-000000000001"), datetime(2026, 11, 22, 22, 1, tzinfo=UTC)
ACTOR = Actor('ad"min\\ 1', "web", ("admin",), purpose="HOPERAT")
ANNOUNCEMENT = Announcement.of(
    ACTOR, NOW, source="/openward/patients", correlation_id=str(IMPORT), traceparent=None
)
RECORD = {
    "names": [{"family": "van der Mü\\ller", "given": ["Zoë", "Ann-Lea"]}, {"use": "old", "given": ["ζωή"]}],
    "identifiers": [
        {"system": "urn:x:a\\b", "value": "1\\N"},
        {"system": "urn:x:y", "value": "7", "use": "old"},
    ],
    "telecoms": [
        {"system": "email", "value": "a\\tb@example.org"},
        {"system": "phone", "value": "+12125550123"},
    ],
    "addresses": [{"line": ["1\u2028High Street"], "city": "\u00a0York"}],
    "birth_date": "1980-02",
    "mothers_maiden_name": "Berg",
}


def task(*records: Any) -> Task:
    lines = [json.dumps(record).encode() for record in records]
    settings = ImportSettings(format=Format.NATIVE)
    actor = json.dumps({"sub": ACTOR.sub})
    return Task(IMPORT, NOW, settings, (), Domains(), None, actor, NOW, ANNOUNCEMENT, Chunk(1, lines))


def rows(line: Ready) -> dict[str, list[dict[str, str]]]:
    """As PostgreSQL reads them; backslashes of COPY undone."""
    found = {}
    for (table, columns), text in zip(TABLES.items(), line.rows, strict=True):
        fields = [row.split("\t") for row in text.split("\n")[:-1]]
        found[table] = [dict(zip(columns, map(_plain, row), strict=True)) for row in fields]
    return found


def _plain(field: str) -> str:
    return field if field == r"\N" else field.encode().decode("unicode_escape").encode("latin-1").decode()


def test_rows_are_those_of_a_registration() -> None:
    (line,) = prepared(task(RECORD)).ready
    record = PatientRecord.model_validate(RECORD)

    found = rows(line)
    (patient,) = found["patient"]
    keys = findable(PatientId(patient["id"]), record, Domains(), None)

    assert {(row["family_key"], row["given_key"]) for row in found["patient_name"]} == keys.names
    assert {row["birth_date"] for row in found["patient_name"]} == {"1980-02-01"}
    assert {(row["kind"], row["key"]) for row in found["patient_key"]} == keys.keys
    assert {
        (row["system"], row["value_key"], row["holder"]) for row in found["patient_identifier"]
    } == keys.identifiers
    assert json.loads(patient["record"]) == record.model_dump(mode="json", exclude_defaults=True)
    assert json.loads(patient["updated_by"]) == {"sub": ACTOR.sub}
    assert set(line.words) == keys.words()
    assert line.held == (("urn:x:a\\b", "1\\N"),)
    assert found["match_queue"] == [{"patient_id": patient["id"], "origin": "import"}]


@pytest.mark.parametrize("active", [True, False])
def test_the_event_is_the_one_that_the_contracts_make(active: bool) -> None:  # noqa: FBT001  one of two
    (line,) = prepared(task(RECORD | {"active": active})).ready
    found = rows(line)
    patient_id, ehr_id = PatientId(found["patient"][0]["id"]), EhrId(found["patient"][0]["ehr_id"])
    event = Event.of(
        PatientRegistered(patient_id=patient_id, ehr_id=ehr_id, version=1, active=None if active else False),
        source="/openward/patients",
        aggregate_id=patient_id,
        aggregate_version=1,
        actor=ACTOR,
        at=NOW,
        correlation_id=str(IMPORT),
    )

    (row,) = found["outbox_event"]
    columns = outbox_columns(event)

    assert json.loads(row.pop("headers")) == dict(columns.headers)
    assert row == {
        "event_id": str(columns.event_id),
        "subject": columns.subject,
        "aggregate_id": columns.aggregate_id,
        "aggregate_version": "1",
        "payload": columns.payload.decode(),
    }


def test_who_is_nobody_yet_is_not_queued_for_matching() -> None:
    (line,) = prepared(task({"unidentified": True})).ready

    assert rows(line)["match_queue"] == []
    assert rows(line)["patient"][0]["birth_date"] == r"\N"


def test_every_line_is_ready_or_has_a_problem() -> None:
    outcome = prepared(task(RECORD, {"gender": "?"}, RECORD))

    assert [line.line for line in outcome.ready] == [1, 3]
    assert [problem.line for problem in outcome.problems] == [2]


ANN = Person(("berg",), ("ann", "lea"), date(1980, 1, 1))
BOB = Person(("tal",), ("bob",), date(1990, 1, 1))
KEY, OTHER = ("urn:x:y", "1"), ("urn:x:y", "2")


def line(number: int, person: Person, *held: tuple[str, str]) -> Ready:
    return Ready(number, held, person, (), ())


@pytest.mark.parametrize(
    "same",
    [
        ANN,
        ANN._replace(families=("tal",)),
        ANN._replace(givens=("bob",), families=("tal",)),
        BOB._replace(birth_date=None),
        BOB._replace(families=("",)),
        BOB._replace(givens=("lea", "bob")),
    ],
)
def test_an_identifier_of_the_same_person_makes_a_line_known(same: Person) -> None:
    found = settled([line(1, same, KEY)], {KEY: Holder(UUID(int=1), ANN)})

    assert (found.registered, found.known, found.refused) == ([], 1, [])


def test_an_identifier_of_clearly_another_person_is_refused() -> None:
    found = settled([line(1, BOB, KEY)], {KEY: Holder(UUID(int=1), ANN)})

    assert (found.registered, found.known, found.refused) == ([], 0, [1])


def test_identifiers_of_two_people_are_refused_unless_they_were_merged() -> None:
    one, two, merged = (Holder(UUID(int=number), ANN) for number in (1, 2, 1))

    assert settled([line(1, ANN, KEY, OTHER)], {KEY: one, OTHER: two}).refused == [1]
    assert settled([line(1, ANN, KEY, OTHER)], {KEY: one, OTHER: merged}).known == 1


def test_lines_before_count_as_registered() -> None:
    lines = [line(1, ANN, KEY), line(2, ANN, KEY), line(3, BOB, KEY), line(4, BOB), line(5, BOB, OTHER)]

    found = settled(lines, {})

    assert [each.line for each in found.registered] == [1, 4, 5]
    assert (found.known, found.refused) == (1, [3])
