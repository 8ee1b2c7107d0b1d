"""Encounters of everybody: who is where, for whom, page by page, and on record."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openward_contracts.event import decode
from openward_contracts.identifiers import PatientId
from openward_contracts.patients import PatientRestricted
from openward_testkit.nats import NatsServer, stored

BASE = "/api/clinical/v1"
SCOPE = "user/Encounter.cruds"
NOW = datetime.now(UTC).replace(microsecond=0)


class House:
    """A house with wards of its own names, so that tests do not meet."""

    def __init__(self, clinic: Any) -> None:
        self.clinic, self.client = clinic, clinic.client
        self.headers = clinic.headers(scope=SCOPE)
        self.ward, self.doctor = uuid4().hex[:12], uuid4().hex[:12]

    async def admit(self, patient: tuple[str, str], **more: Any) -> str:
        body = {"encounter_class": "IMP", "location": {"id": self.ward}, **more}
        url = f"{BASE}/patients/{patient[0]}/encounters"
        answer = await self.client.post(url, json=body, headers=self.headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["encounter_id"])

    async def do(self, patient: tuple[str, str], encounter: str, what: str, **body: Any) -> None:
        url = f"{BASE}/patients/{patient[0]}/encounters/{encounter}/{what}"
        answer = await self.client.post(url, json=body, headers=self.headers | {"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text

    async def ask(self, expected: int = 200, /, **params: Any) -> Any:
        answer: httpx.Response = await self.client.get(
            f"{BASE}/encounters", params=params, headers=self.headers
        )
        assert answer.status_code == expected, answer.text
        return answer.json()

    async def found(self, **params: Any) -> list[str]:
        return [each["encounter_id"] for each in (await self.ask(**params))["items"]]


@pytest.fixture
def house(clinic: Any) -> House:
    return House(clinic)


async def test_who_lies_on_a_ward_now(house: House, clinic: Any) -> None:
    people = [await clinic.patient() for _ in range(4)]
    stays = [
        await house.admit(person, at=(NOW - timedelta(hours=hours)).isoformat())
        for hours, person in enumerate(people, start=1)
    ]
    await house.do(people[0], stays[0], "close")
    await house.do(people[1], stays[1], "transfer", location={"id": "elsewhere"})
    await house.do(people[2], stays[2], "status", status="onleave")

    assert await house.found(location=house.ward) == [stays[0], stays[2], stays[3]]
    assert await house.found(location=house.ward, status="in-progress") == [stays[3]]
    assert await house.found(location=house.ward, status=["in-progress", "onleave"]) == [stays[2], stays[3]]
    assert await house.found(location=house.ward, **{"class": "AMB"}) == []
    [shown] = (await house.ask(location=house.ward, status="in-progress"))["items"]
    assert (shown["patient_id"], shown["ehr_id"]) == people[3]
    assert "survivor_id" not in shown


async def test_what_is_somebody_s_and_when(house: House, clinic: Any) -> None:
    person = await clinic.patient()
    mine = {"participants": [{"type": "ATND", "id": house.doctor}]}
    start, end = NOW - timedelta(days=9), NOW - timedelta(days=8)
    old = await house.admit(person, encounter_class="AMB", at=start.isoformat(), **mine)
    await house.do(person, old, "close", at=end.isoformat())
    new = await house.admit(person, encounter_class="AMB", **mine)
    await house.admit(person, encounter_class="AMB")

    assert await house.found(participant=house.doctor) == [new, old]
    assert await house.found(participant=house.doctor, to=(NOW - timedelta(days=1)).isoformat()) == [old]
    assert await house.found(**{"participant": house.doctor, "from": NOW.isoformat()}) == [new]
    between = {"from": end.isoformat(), "to": (end + timedelta(hours=1)).isoformat()}
    assert await house.found(participant=house.doctor, **between) == [old]


async def test_lists_come_page_by_page(house: House, clinic: Any) -> None:
    stays = [await house.admit(await clinic.patient()) for _ in range(5)]
    first = await house.ask(location=house.ward, limit=2)
    second = await house.ask(location=house.ward, limit=2, cursor=first["next_cursor"])
    last = await house.ask(location=house.ward, limit=2, cursor=second["next_cursor"])
    listed = [each["encounter_id"] for page in (first, second, last) for each in page["items"]]
    assert listed == stays[::-1]
    assert "next_cursor" not in last
    refused = await house.ask(400, location="another", cursor=first["next_cursor"])
    assert refused["code"] == "cursor-invalid"


async def test_a_merged_patient_is_told_with_the_survivor(house: House, clinic: Any) -> None:
    source, survivor = await clinic.patient(), await clinic.patient()
    stay = await house.admit(source)
    await clinic.merge(source, survivor)
    async with asyncio.timeout(60):
        while "survivor_id" not in (shown := (await house.ask(location=house.ward))["items"][0]):
            await asyncio.sleep(0.1)
    assert (shown["encounter_id"], shown["patient_id"], shown["survivor_id"]) == (
        stay,
        source[0],
        survivor[0],
    )


async def test_whose_they_are_is_on_record(house: House, clinic: Any, nats_server: NatsServer) -> None:
    people = [await clinic.patient() for _ in range(2)]
    for person in people:
        await house.admit(person)
    await house.ask(location=house.ward)
    told = {person[0] for person in people}
    async with asyncio.timeout(60):
        while True:
            async with await nats_server.connect() as client:
                messages = await stored(client, "ACCESS")
            queried = [m for m in messages if m.subject == "access.record.queried.v1"]
            told_of = [m for m in queried if "ce-type" in (m.headers or {})]  # others test with less
            records = [decode(m.subject, dict(m.headers or {}), m.data).data for m in told_of]
            ours: list[Any] = [r for r in records if set(map(str, getattr(r, "patient_ids", ()))) == told]
            if ours:
                break
            await asyncio.sleep(0.2)
    assert ours[0].rows == 2
    assert house.ward not in repr(ours[0])


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("patient", "patient/Encounter.rs"),
        ("patient", "user/Encounter.rs"),
        ("clinician", "user/Encounter.r"),
        ("clinician", "patient/Encounter.rs"),
        ("clerk", SCOPE),
    ],
)
async def test_only_clinicians_with_a_right_to_all_ask(
    house: House, clinic: Any, role: str, scope: str
) -> None:
    person, _ = await clinic.patient()
    house.headers = clinic.headers(role, scope, patient=person)
    assert (await house.ask(403))["code"] == "permission-denied"


@pytest.mark.parametrize(
    ("params", "status", "path"),
    [
        ({"status": "ended"}, 422, "status"),
        ({"class": "HOTEL"}, 422, "class"),
        ({"location": "two words"}, 422, "location"),
        ({"from": "2026-01-01T00:00:00"}, 422, "from"),
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, 422, "to"),
        ({"limit": 0}, 422, "limit"),
    ],
)
async def test_bad_input_is_told_with_its_place(
    house: House, params: dict[str, Any], status: int, path: str
) -> None:
    refused = await house.ask(status, **params)
    assert refused["errors"][0]["path"].startswith(path)


async def test_restricted_patients_are_nowhere_for_who_may_not_know(house: House, clinic: Any) -> None:
    scope = f"{SCOPE} user/Observation.rs user/composition-*.crud user/Patient.r"
    house.headers = clinic.headers(scope=scope)
    person = await clinic.patient()
    stay, other = await house.admit(person), await house.admit(await clinic.patient())
    await clinic.write(person[0])
    url = f"/fhir/r4/Observation?patient={person[0]}"
    seen = (await clinic.client.get(url, headers=house.headers)).json()["entry"][0]["resource"]["id"]
    changed = PatientRestricted(
        patient_id=PatientId(person[0]), version=2, restricted=True, changed=("restricted",)
    )
    await clinic.tell(changed, person[0], 2)
    async with asyncio.timeout(60):
        while await house.found(location=house.ward) != [other]:
            await asyncio.sleep(0.1)

    officer = {"roles": ("clinician", "privacy-officer")}
    for path in (f"Observation/{seen}", f"Encounter/{stay}"):
        hidden = await clinic.client.get(f"/fhir/r4/{path}", headers=house.headers)
        shown = await clinic.client.get(f"/fhir/r4/{path}", headers=clinic.headers(scope=scope, **officer))
        assert (hidden.status_code, shown.status_code) == (404, 200)
    for kind in ("Observation", "Encounter"):
        answer = await clinic.client.get(f"/fhir/r4/{kind}?patient={person[0]}", headers=house.headers)
        assert (answer.status_code, answer.json()["total"]) == (200, 0)
    house.headers = clinic.headers(scope=scope, **officer)
    assert set(await house.found(location=house.ward)) == {stay, other}
