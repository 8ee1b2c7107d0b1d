"""Who is told what, and that nothing is lost or told twice, whatever is kept and whenever somebody comes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from clinical.domain.live import Watch, notice, noticed
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.service import live as module
from clinical.service.live import Live
from hypothesis import given, settings
from hypothesis import strategies as st
from openward_contracts.actor import Actor
from openward_contracts.clinical import CompositionCreated, EhrCreated
from openward_contracts.encounters import EncounterOpened
from openward_contracts.event import Event
from openward_contracts.identifiers import (
    ContributionId,
    EhrId,
    EncounterId,
    PatientId,
    TemplateId,
    VersionUid,
)
from openward_contracts.payload import Payload
from openward_servicekit.auth import Principal, Role
from openward_servicekit.auth.scopes import parse_scopes
from openward_servicekit.streams import Message, StreamUnavailable

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATIENT, EHR = PatientId.new(), EhrId.new()


def message(sequence: int, payload: Payload) -> Message:
    event = Event.of(
        payload,
        source="/openward/clinical",
        aggregate_id=uuid4(),
        aggregate_version=1,
        actor=Actor("ada", "web", ("clinician",)),
        at=NOW,
        correlation_id="test",
    )
    return Message(sequence, event.nats_subject, event.headers(), event.body())


def composition(
    sequence: int, template: str = "vitals", ehr: EhrId = EHR, patient: PatientId = PATIENT
) -> Message:
    return message(
        sequence,
        CompositionCreated(
            ehr_id=ehr,
            patient_id=patient,
            version_uid=VersionUid(f"{uuid4()}::openward.test::1"),
            contribution_id=ContributionId.new(),
            committed_at=NOW,
            template_id=TemplateId(template),
        ),
    )


def encounter(sequence: int) -> Message:
    return message(
        sequence,
        EncounterOpened(
            encounter_id=EncounterId.new(),
            patient_id=PATIENT,
            ehr_id=EHR,
            version=1,
            encounter_class="AMB",
            status="in-progress",
        ),
    )


def caller(scope: str, role: Role = Role.CLINICIAN, patient: PatientId | None = None) -> Principal:
    return Principal("ada", "web", frozenset({role}), parse_scopes(scope), patient_id=patient)


def told(watch: Watch, *messages: Message) -> list[int]:
    return [each.sequence for each in watch.of(noticed(messages))]


def record(*ehrs: tuple[PatientId, EhrId]) -> PatientRecord:
    return PatientRecord(ehrs[0][0], tuple(LinkedEhr(p, e, ready=True) for p, e in ehrs))


def test_each_is_told_what_their_scopes_reach() -> None:
    all_kinds = (
        composition(1, "vitals"),
        composition(2, "labs"),
        encounter(3),
        message(4, EhrCreated(ehr_id=EHR, patient_id=PATIENT, contribution_id=ContributionId.new())),
    )
    assert told(Watch(caller("user/composition-*.r")), *all_kinds) == [1, 2]
    assert told(Watch(caller("user/composition-vitals.r")), *all_kinds) == [1]
    everything = caller("user/composition-*.r user/Encounter.r user/Patient.r")
    assert told(Watch(everything), *all_kinds) == [1, 2, 3, 4]
    assert told(Watch(caller("user/composition-*.r", Role.CLERK)), *all_kinds) == []


def test_patients_are_told_of_themselves() -> None:
    other, other_ehr = PatientId.new(), EhrId.new()
    mine = Watch(caller("patient/composition-*.r", Role.PATIENT, PATIENT))
    assert told(mine, composition(1), composition(2, ehr=other_ehr, patient=other)) == [1]
    merged = Watch(
        caller("patient/composition-*.r", Role.PATIENT, PATIENT), record((PATIENT, EHR), (other, other_ehr))
    )
    assert told(merged, composition(1), composition(2, ehr=other_ehr, patient=other)) == [1, 2]


def test_only_what_was_asked_for_is_told() -> None:
    principal = caller("user/composition-*.r user/Encounter.r")
    messages = composition(1), composition(2, "labs"), encounter(3), composition(4, ehr=EhrId.new())
    assert told(Watch(principal, kinds=frozenset({"encounter"})), *messages) == [3]
    assert told(Watch(principal, templates=frozenset({"labs"})), *messages) == [2]
    assert told(Watch(principal, record((PATIENT, EHR))), *messages) == [1, 2, 3]


def test_what_is_no_event_is_told_to_nobody() -> None:
    assert notice(Message(1, "clinical.composition.created.v1", {}, b"{}")) is None
    assert notice(Message(1, "clinical.secret.told.v1", {}, b"{}")) is None


class Stream:
    """In memory; reads two messages at a time, and fails when it is told to."""

    def __init__(self, count: int) -> None:
        self.messages = [composition(n) for n in range(1, count + 1)]
        self.away = False
        self.readers = 0

    async def last_sequence(self, _stream: str) -> int:
        if self.away:
            raise StreamUnavailable("away")
        return len(self.messages)

    @asynccontextmanager
    async def reading(self, _stream: str, first: int) -> AsyncIterator["Reading"]:
        if self.away:
            raise StreamUnavailable("away")
        self.readers += 1
        yield Reading(self, first)


class Reading:
    def __init__(self, stream: Stream, first: int) -> None:
        self.stream, self.place = stream, first - 1

    async def next(self) -> Sequence[Message]:
        await asyncio.sleep(0)
        if self.stream.away:
            raise StreamUnavailable("away")
        found = self.stream.messages[self.place : self.place + 2]
        self.place += len(found)
        return found


async def heard(live: Live, position: int | None, until: int) -> list[int]:
    found: list[int] = []
    async with aclosing(live.after(position, 0.01)) as told:
        async for place, notices in told:
            found += [each.sequence for each in notices]
            if place is not None and place >= until:
                return found
    raise AssertionError


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.001)


@settings(max_examples=40, deadline=None)
@given(
    before=st.integers(0, 12),
    after=st.integers(0, 12),
    position=st.integers(0, 12),
    kept=st.integers(1, 6),
    fails=st.booleans(),
)
async def test_everything_after_a_place_comes_once_and_in_order(
    *, before: int, after: int, position: int, kept: int, fails: bool
) -> None:
    stream = Stream(before)
    live = Live(stream, kept)
    following = asyncio.create_task(live.follow())
    while stream.readers == 0:
        await asyncio.sleep(0)
    listening = asyncio.create_task(heard(live, min(position, before), before + after))
    for n in range(before + 1, before + after + 1):
        stream.away = fails and n % 3 == 0
        await asyncio.sleep(0.002 if stream.away else 0)
        stream.away = False
        stream.messages.append(composition(n))
    async with asyncio.timeout(10):
        assert await listening == list(range(min(position, before) + 1, before + after + 1))
    following.cancel()


async def test_a_thousand_listeners_have_one_reader() -> None:
    stream = Stream(3)
    live = Live(stream)
    following = asyncio.create_task(live.follow())
    listening = [asyncio.create_task(heard(live, None, 5)) for _ in range(1000)]
    await asyncio.sleep(0.1)
    stream.messages += [composition(4), composition(5)]
    async with asyncio.timeout(20):
        assert {tuple(found) for found in await asyncio.gather(*listening)} == {(4, 5)}
    assert stream.readers == 1
    following.cancel()
