"""Encounters of a patient, on a real database and NATS server."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openward_contracts.event import decode
from openward_contracts.patients import PatientDeactivated
from openward_testkit.nats import NatsServer, stored

BASE = "/api/clinical/v1/patients"
SCOPE = "user/Encounter.cruds"
NOW = datetime.now(UTC).replace(microsecond=0)


class Ward:
    """What a clinician does with the encounters of one patient."""

    def __init__(self, clinic: Any, patient_id: str, *, scope: str = SCOPE, role: str = "clinician") -> None:
        self.client: httpx.AsyncClient = clinic.client
        self.headers = clinic.headers(role, scope)
        self.base = f"{BASE}/{patient_id}/encounters"

    async def open(self, status: int = 201, /, **body: Any) -> httpx.Response:
        key = body.pop("key", None)
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        body = {"encounter_class": "AMB", **body}
        return self._is(status, await self.client.post(self.base, json=body, headers=headers))

    async def opened(self, **body: Any) -> str:
        return str((await self.open(**body)).json()["encounter_id"])

    async def do(self, encounter: str, what: str, version: int, status: int = 200, /, **body: Any) -> Any:
        headers = self.headers | {"If-Match": f'"{version}"'}
        url = f"{self.base}/{encounter}"
        answer = (
            await self.client.put(url, json=body, headers=headers)
            if what == "amend"
            else await self.client.post(f"{url}/{what}", json=body, headers=headers)
        )
        return self._is(status, answer).json()

    async def read(self, encounter: str = "", expected: int = 200, /, **params: Any) -> Any:
        url = f"{self.base}/{encounter}" if encounter else self.base
        return self._is(expected, await self.client.get(url, params=params, headers=self.headers)).json()

    @staticmethod
    def _is(status: int, answer: httpx.Response) -> httpx.Response:
        assert answer.status_code == status, answer.text
        return answer


@pytest.fixture
async def ward(clinic: Any) -> Ward:
    patient_id, _ = await clinic.patient()
    return Ward(clinic, patient_id)


async def test_a_stay_from_admission_to_discharge(ward: Ward, nats_server: NatsServer) -> None:
    start = NOW - timedelta(days=2)
    opened = await ward.open(
        encounter_class="EMER",
        status="arrived",
        at=start.isoformat(),
        reason={"text": "chest pain", "code": "29857009", "system": "http://snomed.info/sct"},
        participants=[{"type": "ATND", "id": "dr-7", "display": "Dr. Ito"}],
        location={"id": "er", "display": "Emergency"},
    )
    one = opened.json()["encounter_id"]
    assert opened.headers["etag"] == '"1"'
    assert opened.headers["location"] == f"{ward.base}/{one}"

    await ward.do(one, "status", 1, status="triaged")
    await ward.do(one, "status", 2, status="in-progress")
    await ward.do(one, "transfer", 3, location={"id": "3b"}, encounter_class="IMP")
    await ward.do(one, "status", 4, status="onleave")
    await ward.do(one, "amend", 5, encounter_class="IMP", reason={"text": "infarction"})
    closed = await ward.do(one, "close", 6, at=(NOW - timedelta(hours=1)).isoformat())
    assert closed == {"encounter_id": one, "version": 7, "status": "finished"}
    await ward.do(one, "reopen", 7, why="readmitted within an hour")
    await ward.do(one, "close", 8)

    encounter = await ward.read(one)
    assert encounter["status"] == "finished"
    assert encounter["location"] == {"id": "3b"}
    assert encounter["reason"] == {"text": "infarction"}
    assert datetime.fromisoformat(encounter["started_at"]) == start
    steps = await ward.read(f"{one}/history")
    assert [step["change"] for step in steps] == [
        *("opened", "updated", "updated", "transferred", "updated", "updated", "closed", "opened", "closed")
    ]
    assert steps[7]["why"] == "readmitted within an hour"
    assert await told(nats_server, one, 9) == [step["change"] for step in steps]


async def told(server: NatsServer, encounter: str, count: int) -> list[str]:
    """Last words of the subjects of its events, in the order of the stream."""
    async with asyncio.timeout(60):
        while True:
            async with await server.connect() as client:
                messages = await stored(client, "CLINICAL")
            ours = [m for m in messages if (m.headers or {}).get("ce-subject") == encounter]
            if len(ours) >= count:
                events = [decode(m.subject, dict(m.headers or {}), m.data) for m in ours]
                assert [event.envelope.aggregate_version for event in events] == list(range(1, count + 1))
                assert "chest" not in repr(events)
                return [m.subject.split(".")[2] for m in ours]
            await asyncio.sleep(0.2)


async def test_reading_is_on_record_and_changing_shows_nothing(ward: Ward, nats_server: NatsServer) -> None:
    one = await ward.opened(reason={"text": "cough"})
    changed = await ward.do(one, "close", 1)
    assert changed.keys() == {"encounter_id", "version", "status"}
    await ward.read(one)
    await ward.read()
    patient_id = ward.base.split("/")[5]

    async with asyncio.timeout(60):
        while True:
            async with await nats_server.connect() as client:
                records = [
                    decode(m.subject, dict(m.headers or {}), m.data).data
                    for m in await stored(client, "ACCESS")
                    if m.subject == "access.record.read.v1" and (m.headers or {}).get("ce-type")
                ]
            ours: list[Any] = [r for r in records if str(getattr(r, "patient_id", "")) == patient_id]
            if len(ours) >= 2:
                break
            await asyncio.sleep(0.2)
    assert [(r.resource, r.count) for r in ours] == [("encounter", 1), ("encounter", 1)]


async def test_one_is_in_one_bed(ward: Ward) -> None:
    first = await ward.opened(encounter_class="IMP")
    await ward.opened(encounter_class="AMB")
    planned = await ward.opened(
        encounter_class="IMP", status="planned", at=(NOW + timedelta(days=9)).isoformat()
    )

    refused = await ward.open(409, encounter_class="ACUTE")
    assert refused.json()["encounter_id"] == first
    assert refused.json()["code"] == "encounter-overlap"
    await ward.do(planned, "status", 1, 409, status="arrived")
    await ward.do(first, "close", 1)
    await ward.do(planned, "status", 1, status="arrived")


async def test_of_twenty_admissions_at_once_one_succeeds(ward: Ward, clinic: Any) -> None:
    answers = await asyncio.gather(
        *(
            clinic.client.post(ward.base, json={"encounter_class": "IMP"}, headers=ward.headers)
            for _ in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


async def test_of_rival_changes_one_wins(ward: Ward, clinic: Any) -> None:
    one = await ward.opened()
    headers = ward.headers | {"If-Match": '"1"'}
    answers = await asyncio.gather(
        *(clinic.client.post(f"{ward.base}/{one}/close", json={}, headers=headers) for _ in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9
    assert {a.headers["etag"] for a in answers} == {'"2"'}


async def test_a_repeated_opening_opens_once(ward: Ward) -> None:
    key = uuid4().hex
    first, again = await ward.open(key=key), await ward.open(key=key)
    other = await ward.open(422, key=key, reason={"text": "another"})
    assert first.json() == again.json()
    assert other.json()["code"] == "idempotency-key-reused"
    assert len((await ward.read())["items"]) == 1


async def test_lists_are_the_newest_first_page_by_page(ward: Ward, clinic: Any) -> None:
    for hours in (3, 1, 2, 5, 4):
        await ward.opened(at=(NOW - timedelta(hours=hours)).isoformat(), encounter_class="VR")
    first = await ward.read(limit=2)
    second = await ward.read(limit=2, cursor=first["next_cursor"])
    last = await ward.read(limit=2, cursor=second["next_cursor"])
    starts = [e["started_at"] for page in (first, second, last) for e in page["items"]]
    assert len(starts) == 5
    assert starts == sorted(starts, reverse=True)
    assert "next_cursor" not in last

    other = Ward(clinic, (await clinic.patient())[0])
    assert (await other.read("", 400, cursor=first["next_cursor"]))["code"] == "cursor-invalid"
    await ward.read("", 400, cursor=first["next_cursor"], encounter_class="VR")


async def test_lists_are_of_what_was_asked_for(ward: Ward) -> None:
    old = await ward.opened(at=(NOW - timedelta(days=9)).isoformat(), encounter_class="HH")
    await ward.do(old, "close", 1, at=(NOW - timedelta(days=8)).isoformat())
    new = await ward.opened(at=(NOW - timedelta(days=1)).isoformat())

    async def found(**params: Any) -> list[str]:
        return [each["encounter_id"] for each in (await ward.read(**params))["items"]]

    assert await found() == [new, old]
    assert await found(status=["finished", "cancelled"]) == [old]
    assert await found(encounter_class="HH") == [old]
    assert await found(since=(NOW - timedelta(days=5)).isoformat()) == [new]
    assert await found(until=(NOW - timedelta(days=5)).isoformat()) == [old]


async def test_merged_patients_have_theirs_together_and_one_bed(clinic: Any) -> None:
    source, survivor = await clinic.patient(), await clinic.patient()
    away, home = Ward(clinic, source[0]), Ward(clinic, survivor[0])
    before = await away.opened(encounter_class="IMP")
    merge_id = await clinic.merge(source, survivor)
    async with asyncio.timeout(60):
        while len((await home.read())["items"]) < 1:
            await asyncio.sleep(0.1)

    await home.open(409, encounter_class="IMP")
    named = await away.open(encounter_class="AMB")
    assert named.headers["link"] == f'<{BASE}/{survivor[0]}>; rel="canonical"'
    assert {each["encounter_id"] for each in (await home.read())["items"]} == {
        before,
        named.json()["encounter_id"],
    }
    assert (await away.read(named.json()["encounter_id"]))["patient_id"] == survivor[0]
    await home.do(before, "close", 1)

    await clinic.unmerge(merge_id, source, survivor)
    async with asyncio.timeout(60):
        while len((await home.read())["items"]) > 1:
            await asyncio.sleep(0.1)
    assert [each["encounter_id"] for each in (await away.read())["items"]] == [before]


async def test_what_is_somebody_elses_is_not_there(ward: Ward, clinic: Any) -> None:
    other = Ward(clinic, (await clinic.patient())[0])
    one = await other.opened()
    for answer in (
        await ward.read(one, 404),
        await ward.read(f"{one}/history", 404),
        await ward.do(one, "close", 1, 404),
        await ward.read(str(uuid4()), 404),
        await ward.read("no-uuid", 404),
    ):
        assert answer["code"] == "encounter-not-found"
    unknown = Ward(clinic, str(uuid4()))
    assert (await unknown.read("", 404))["code"] == "patient-not-found"


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("clinician", "user/Patient.r"),
        ("clerk", SCOPE),
        ("clinician", "user/Encounter.u"),
        ("patient", SCOPE),
    ],
)
async def test_who_may_not_is_refused(ward: Ward, clinic: Any, role: str, scope: str) -> None:
    stranger = Ward(clinic, ward.base.split("/")[5], scope=scope, role=role)
    await stranger.open(403)
    await stranger.read("", 403)


async def test_patients_read_their_own(ward: Ward, clinic: Any) -> None:
    patient_id, one = ward.base.split("/")[5], await ward.opened()
    headers = clinic.headers("patient", "patient/Encounter.rs", patient=patient_id)
    answer = await clinic.client.get(f"{ward.base}/{one}", headers=headers)
    other = (await clinic.patient())[0]
    assert answer.status_code == 200, answer.text
    assert (await clinic.client.get(f"{BASE}/{other}/encounters", headers=headers)).status_code == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"encounter_class": "HOTEL"}, "/encounter_class"),
        ({"encounter_class": "AMB", "status": "finished"}, ""),
        ({"encounter_class": "AMB", "at": "2026-01-01T10:00:00"}, "/at"),
        ({"encounter_class": "AMB", "at": "2999-01-01T10:00:00Z"}, "/at"),
        ({"encounter_class": "AMB", "at": "0001-01-01T00:00:00+23:59"}, "/at"),
        ({"encounter_class": "AMB", "at": "9999-12-31T23:59:59-23:59"}, "/at"),
        ({"encounter_class": "AMB", "reason": {}}, "/reason"),
        ({"encounter_class": "AMB", "reason": {"system": "http://x.test", "text": "a"}}, "/reason"),
        ({"encounter_class": "AMB", "location": {"id": "two words"}}, "/location/id"),
        ({"encounter_class": "AMB", "participants": [{"type": "doctor"}]}, "/participants/0/type"),
        ({"encounter_class": "AMB", "participants": [{}] * 51}, "/participants"),
        ({"encounter_class": "AMB", "bed": 7}, "/bed"),
        ({}, "/encounter_class"),
    ],
)
async def test_bad_input_is_told_with_its_place(ward: Ward, body: dict[str, Any], pointer: str) -> None:
    answer = await ward.client.post(ward.base, json=body, headers=ward.headers)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_versions_and_periods_are_checked(ward: Ward, clinic: Any) -> None:
    one = await ward.opened(at=(NOW - timedelta(days=1)).isoformat())
    without = await clinic.client.post(f"{ward.base}/{one}/close", json={}, headers=ward.headers)
    assert without.status_code == 428
    wrong = ward.headers | {"If-Match": "*"}
    assert (await clinic.client.post(f"{ward.base}/{one}/close", json={}, headers=wrong)).status_code == 400
    early = await ward.do(one, "close", 1, 422, at=(NOW - timedelta(days=2)).isoformat())
    assert early["code"] == "encounter-period-reversed"
    assert (await ward.do(one, "close", 1, 422, at="2999-01-01T00:00:00Z"))["code"] == "encounter-in-future"
    assert (await ward.do(one, "cancel", 1, 409, why="x"))["code"] == "encounter-transition-refused"
    reversed_period = {"since": NOW.isoformat(), "until": (NOW - timedelta(days=1)).isoformat()}
    assert (await ward.read("", 422, **reversed_period))["errors"][0]["path"] == "until"


async def test_an_inactive_patient_has_no_new_ones(ward: Ward, clinic: Any) -> None:
    patient_id, one = ward.base.split("/")[5], await ward.opened()
    await clinic.tell(PatientDeactivated(patient_id=patient_id, version=2, changed=()), patient_id, 2)
    async with asyncio.timeout(60):
        while (
            await clinic.client.post(ward.base, json={"encounter_class": "AMB"}, headers=ward.headers)
        ).is_success:
            await asyncio.sleep(0.1)
    assert (await ward.open(409)).json()["code"] == "patient-inactive"
    assert (await ward.do(one, "close", 1, 409))["code"] == "patient-inactive"
    assert (await ward.read(one))["status"] == "in-progress"
