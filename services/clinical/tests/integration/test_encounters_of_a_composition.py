"""Who put a composition into which encounter, and when: told by the API, by events, and as FHIR."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openward_cli.demo import vital_signs
from openward_cli.stack import Stack
from openward_contracts.access import RecordRead
from openward_contracts.clinical import CompositionPlaced
from openward_contracts.event import Event
from openward_contracts.identifiers import PatientId
from openward_contracts.patients import PatientRestricted
from openward_servicekit.errors import Unavailable
from openward_testkit.events import EventCatcher, about
from openward_testkit.nats import NatsServer

BASE = "/api/clinical/v1/patients"
SCOPE = "user/composition-*.crud user/Encounter.cruds user/Observation.rs"
FLAT = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}
BODY = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")


class Record:
    """One patient's compositions and encounters."""

    def __init__(self, clinic: Any, patient: tuple[str, str]) -> None:
        self.clinic, (self.patient_id, self.ehr_id) = clinic, patient
        self.client: httpx.AsyncClient = clinic.client
        self.headers = self.by("ada")
        self.base = f"{BASE}/{self.patient_id}"

    def by(self, sub: str, scope: str = SCOPE, **claims: Any) -> dict[str, str]:
        headers: dict[str, str] = self.clinic.headers(sub=sub, scope=scope, **claims)
        return headers

    async def encounter(self) -> str:
        body = {"encounter_class": "AMB"}
        answer = await self.client.post(f"{self.base}/encounters", json=body, headers=self.headers)
        return str(answer.json()["encounter_id"])

    async def write(self, to: str | None = None, **headers: str) -> str:
        params = FLAT | ({"encounter_id": to} if to else {})
        answer = await self.client.post(
            f"{self.base}/compositions", params=params, json=BODY, headers=self.headers | headers
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["version_uid"])

    async def correct(self, uid: str, to: str) -> str:
        answer = await self.client.put(
            f"{self.base}/compositions/{uid[:36]}",
            params=FLAT | {"encounter_id": to},
            json=BODY,
            headers=self.headers | {"If-Match": f'"{uid}"'},
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["version_uid"])

    async def place(self, method: str, encounter: str, uid: str, **headers: str) -> int:
        url = f"{self.base}/encounters/{encounter}/compositions/{uid[:36]}"
        answer = await self.client.request(method, url, headers=self.headers | headers)
        return answer.status_code

    async def ask(self, uid: str, headers: dict[str, str] | None = None) -> httpx.Response:
        url = f"{self.base}/compositions/{uid[:36]}/encounters"
        return await self.client.get(url, headers=headers or self.headers)

    async def steps(self, uid: str) -> list[dict[str, Any]]:
        answer = await self.ask(uid)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    async def way(self, uid: str) -> list[tuple[str, str | None, str | None]]:
        return [
            (each["change"], each.get("from_encounter_id"), each.get("encounter_id"))
            for each in await self.steps(uid)
        ]


@pytest.fixture
async def record(clinic: Any) -> Record:
    return Record(clinic, await clinic.patient())


async def away(*_: object) -> None:
    raise Unavailable("away")


async def test_every_move_is_told_with_who_and_when(record: Record) -> None:
    one, other = await record.encounter(), await record.encounter()
    uid = await record.write(one)
    eve = record.by("eve", purpose="TREAT")
    for _ in range(2):
        assert await record.place("PUT", other, uid, **eve) == 204
    corrected = await record.correct(uid, one)
    assert await record.place("DELETE", one, uid) == 204

    assert await record.way(uid) == [
        ("put-in", None, one),
        ("moved", one, other),
        ("moved", other, one),
        ("taken-out", one, None),
    ]
    steps = await record.steps(uid)
    assert [step["step"] for step in steps] == [1, 2, 3, 4]
    assert [step["version_uid"] for step in steps] == [uid, uid, corrected, corrected]
    assert [step["recorded_by"]["sub"] for step in steps] == ["ada", "eve", "ada", "ada"]
    assert [step["recorded_by"].get("purpose") for step in steps] == [None, "TREAT", None, None]
    assert {tuple(step["recorded_by"]["roles"]) for step in steps} == {("clinician",)}
    times = [datetime.fromisoformat(step["recorded_at"]) for step in steps]
    assert times == sorted(times)
    assert await record.steps(await record.write()) == []


async def test_every_move_has_one_event(record: Record, nats_server: NatsServer) -> None:
    one, other = await record.encounter(), await record.encounter()
    told = about(record.patient_id)
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "CLINICAL").watching() as catcher,
    ):
        uid = await record.write(one)
        for _ in range(2):
            await record.place("PUT", other, uid, **record.by("eve"))
        await record.place("DELETE", other, uid)
        await catcher.wait_for(CompositionPlaced, lambda event: event.data.step == 3 and told(event))
        events: list[Event[Any]] = [
            e for e in catcher.events if isinstance(e.data, CompositionPlaced) and told(e)
        ]

    common = {
        "ehr_id": record.ehr_id,
        "patient_id": record.patient_id,
        "version_uid": uid,
        "template_id": vital_signs.TEMPLATE_ID,
    }
    assert [event.data.model_dump(mode="json", exclude_none=True) for event in events] == [
        {**common, "step": 1, "encounter_id": one},
        {**common, "step": 2, "encounter_id": other, "from_encounter_id": one},
        {**common, "step": 3, "from_encounter_id": other},
    ]
    assert [event.envelope.authid for event in events] == ["ada", "eve", "ada"]
    assert {event.envelope.subject for event in events} == {uid[:36]}
    times = [datetime.fromisoformat(step["recorded_at"]) for step in await record.steps(uid)]
    assert [event.envelope.time for event in events] == times


async def test_what_was_seen_is_on_record(record: Record, nats_server: NatsServer) -> None:
    uid = await record.write(await record.encounter())
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        await record.steps(uid)
        own = about(record.patient_id)
        seen = await catcher.wait_for(
            RecordRead, lambda event: event.data.resource == "composition-encounters" and own(event)
        )
    assert (str(seen.data.patient_id), seen.data.count) == (record.patient_id, 1)


async def test_who_may_not_read_it_learns_nothing(record: Record, clinic: Any) -> None:
    uid = await record.write(await record.encounter())
    template = "user/composition-labs.r user/Encounter.r"
    refused = {
        404: [
            await record.ask(uid, record.by("eve", template)),
            await record.ask(str(uuid4())),
            await record.ask("x"),
            await Record(clinic, await clinic.patient()).ask(uid),
        ],
        403: [
            await record.ask(uid, record.by("eve", "user/composition-*.r")),
            await record.ask(uid, record.by("eve", "user/Encounter.r")),
            await record.ask(uid, clinic.headers("clerk")),
        ],
    }
    for status, answers in refused.items():
        assert [answer.status_code for answer in answers] == [status] * len(answers)
    assert {answer.json()["code"] for answer in refused[404]} == {"composition-not-found"}


async def test_of_a_restricted_patient_who_may_know_of_them_reads(record: Record, clinic: Any) -> None:
    uid = await record.write(await record.encounter())
    restricted = PatientRestricted(
        patient_id=PatientId(record.patient_id), version=2, restricted=True, changed=("restricted",)
    )
    await clinic.tell(restricted, record.patient_id, 2)
    async with asyncio.timeout(60):
        while (answer := await record.ask(uid)).is_success:
            await asyncio.sleep(0.05)
    assert (answer.status_code, answer.json()["code"]) == (404, "patient-not-found")
    officer = record.by("eve", f"{SCOPE} user/Patient.r", roles=("clinician", "privacy-officer"))
    assert len((await record.ask(uid, officer)).json()) == 1


async def test_what_fails_in_between_is_told_once(
    record: Record, monkeypatch: pytest.MonkeyPatch, repair: Any
) -> None:
    belonging = record.clinic.app.state.clinical.belonging
    monkeypatch.setattr(belonging.belongings, "_overdue", timedelta(0))
    one, other = await record.encounter(), await record.encounter()
    with monkeypatch.context() as broken:
        broken.setattr(belonging.tags, "put", away)
        uid = await record.write(one)
    assert await record.way(uid) == [("put-in", None, one)]
    with monkeypatch.context() as broken:
        broken.setattr(belonging.belongings, "take", away)
        corrected = await record.correct(uid, other)
    assert await record.way(uid) == [("put-in", None, one)]
    for _ in range(2):
        await repair(belonging)
    assert await record.way(uid) == [("put-in", None, one), ("moved", one, other)]
    last = (await record.steps(uid))[-1]
    assert (last["version_uid"], last["recorded_by"]["sub"]) == (corrected, "ada")


async def test_a_correction_that_was_overtaken_is_not_told(
    record: Record, monkeypatch: pytest.MonkeyPatch, repair: Any
) -> None:
    belonging = record.clinic.app.state.clinical.belonging
    monkeypatch.setattr(belonging.belongings, "_overdue", timedelta(0))
    wished, said = await record.encounter(), await record.encounter()
    with monkeypatch.context() as broken:
        broken.setattr(belonging.belongings, "take", away)
        uid = await record.write(wished)
    assert await record.place("PUT", said, uid) == 204
    await repair(belonging)
    assert await record.way(uid) == [("put-in", None, said)]


async def test_a_request_that_comes_again_is_told_once(record: Record, key: dict[str, str]) -> None:
    visit = await record.encounter()
    uid, again = await record.write(visit, **key), await record.write(visit, **key)
    assert uid == again
    assert await record.way(uid) == [("put-in", None, visit)]


async def test_many_at_once_are_one_way(record: Record) -> None:
    visits = [await record.encounter() for _ in range(4)]
    uid = await record.write(visits[0])
    taken = await asyncio.gather(*(record.place("DELETE", visits[0], uid) for _ in range(4)))
    assert sorted(taken) == [204, 404, 404, 404]
    await asyncio.gather(*(record.place("PUT", visit, uid) for visit in visits * 2))
    way = await record.way(uid)
    assert [left for _, left, _ in way] == [None, *(entered for _, _, entered in way[:-1])]
    assert [change for change, _, _ in way[:3]] == ["put-in", "taken-out", "put-in"]


async def test_a_deleted_composition_still_tells_and_an_erased_one_does_not(
    record: Record, stack: Stack
) -> None:
    visit = await record.encounter()
    uid, erased = await record.write(visit), await record.write(visit)
    headers = record.headers | {"If-Match": f'"{uid}"'}
    gone = await record.client.delete(f"{record.base}/compositions/{uid[:36]}", headers=headers)
    assert gone.status_code == 204
    assert await record.way(uid) == [("put-in", None, visit)]

    login = "openward-admin", stack.secret("ehrbase.admin.password").read_text().strip()
    async with httpx.AsyncClient(auth=login, timeout=60) as ehrbase:
        path = f"rest/admin/ehr/{record.ehr_id}/composition/{erased[:36]}"
        assert (await ehrbase.delete(f"{stack.ehrbase_url}/{path}")).is_success
    assert (await record.ask(erased)).status_code == 404


async def test_after_an_unmerge_encounters_of_others_are_not_named(clinic: Any) -> None:
    source, survivor = Record(clinic, await clinic.patient()), Record(clinic, await clinic.patient())
    people = (source.patient_id, source.ehr_id), (survivor.patient_id, survivor.ehr_id)
    theirs, own = await source.encounter(), await survivor.encounter()
    merge_id = await clinic.merge(*people)
    uid = await survivor.write(own)
    async with asyncio.timeout(60):
        while await survivor.place("PUT", theirs, uid) != 204:
            await asyncio.sleep(0.1)
    assert await source.way(uid) == [("put-in", None, own), ("moved", own, theirs)]
    canonical = (await source.ask(uid)).headers["link"]
    assert survivor.patient_id in canonical

    await clinic.unmerge(merge_id, *people)
    async with asyncio.timeout(60):
        while (await source.ask(uid)).is_success:
            await asyncio.sleep(0.1)
    assert await survivor.way(uid) == [("put-in", None, own), ("moved", own, None)]
