"""When what is shown as FHIR was updated: as it moves between encounters, and as patients are merged."""

import asyncio
from typing import Any

import httpx
import pytest
from openward_cli.demo import vital_signs

BASE = "/api/clinical/v1/patients"
SCOPE = "user/composition-*.crud user/Encounter.cruds user/Observation.rs"
FLAT = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}
BODY = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")


class Person:
    """A patient with an encounter and a composition, read as FHIR."""

    def __init__(self, clinic: Any, ids: tuple[str, str]) -> None:
        self.clinic, self.ids = clinic, ids
        self.client: httpx.AsyncClient = clinic.client
        self.headers = clinic.headers(scope=SCOPE)
        self.base = f"{BASE}/{ids[0]}"

    async def opened(self) -> str:
        answer = await self.client.post(
            f"{self.base}/encounters", json={"encounter_class": "AMB"}, headers=self.headers
        )
        return str(answer.json()["encounter_id"])

    async def written(self) -> str:
        answer = await self.client.post(
            f"{self.base}/compositions", params=FLAT, json=BODY, headers=self.headers
        )
        return str(answer.json()["version_uid"])

    async def corrected(self, uid: str) -> None:
        answer = await self.client.put(
            f"{self.base}/compositions/{uid[:36]}",
            params=FLAT,
            json=BODY,
            headers=self.headers | {"If-Match": f'"{uid}"'},
        )
        assert answer.status_code == 200, answer.text

    async def place(self, method: str, visit: str, uid: str) -> None:
        url = f"{self.base}/encounters/{visit}/compositions/{uid[:36]}"
        assert (await self.client.request(method, url, headers=self.headers)).status_code == 204

    async def found(self, kind: str = "Observation", **params: str) -> list[dict[str, Any]]:
        pulse = {"code": "8867-4"} if kind == "Observation" else {}
        asked = {"patient": self.ids[0], **pulse, **params}
        answer = await self.client.get(f"/fhir/r4/{kind}", params=asked, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return [entry["resource"] for entry in answer.json().get("entry", ())]

    async def updated(self) -> dict[str, str]:
        """By the object id of an Observation, and the id of an Encounter."""
        both = [*await self.found(), *await self.found("Encounter")]
        return {each["id"][:36]: each["meta"]["lastUpdated"] for each in both}

    async def updated_since(self, moment: str) -> set[str]:
        """What the search finds, and what it does not find without its opposite."""
        since, before = [
            {
                each["id"][:36]
                for kind in ("Observation", "Encounter")
                for each in await self.found(kind, _lastUpdated=f"{prefix}{moment}")
            }
            for prefix in ("ge", "lt")
        ]
        assert not since & before
        assert since | before == (await self.updated()).keys()
        return since

    async def becomes(self, subject: "Person") -> None:
        """Its encounters are this patient's."""
        reference = {"reference": f"Patient/{subject.ids[0]}"}
        async with asyncio.timeout(60):
            while [each["subject"] for each in await self.found("Encounter", _count="1")] != [reference]:
                await asyncio.sleep(0.05)


@pytest.fixture
async def people(clinic: Any) -> list[Person]:
    return [Person(clinic, await clinic.patient()) for _ in range(3)]


async def test_an_observation_is_updated_when_its_encounter_changes(people: list[Person]) -> None:
    person = people[0]
    visit, uid = await person.opened(), await person.written()
    [before] = await person.found()
    await person.place("PUT", visit, uid)
    [moved] = await person.found()
    assert moved["encounter"] == {"reference": f"Encounter/{visit}"}
    assert moved["issued"] == before["issued"] == before["meta"]["lastUpdated"]
    await person.place("PUT", visit, uid)
    assert await person.found() == [moved]
    assert await person.updated_since(moved["meta"]["lastUpdated"]) == {uid[:36]}

    await person.place("DELETE", visit, uid)
    [taken] = await person.found()
    assert "encounter" not in taken
    await person.corrected(uid)
    [corrected] = await person.found()
    times = [each["meta"]["lastUpdated"] for each in (before, moved, taken, corrected)]
    assert times == sorted(set(times))
    assert corrected["issued"] == times[-1]


async def test_merges_and_their_undoing_update_what_has_another_subject(
    clinic: Any, people: list[Person]
) -> None:
    first, second, third = people
    visits = [await person.opened() for person in people]
    uids = [(await person.written())[:36] for person in people]
    known = [await person.updated() for person in people]

    await clinic.merge(first.ids, second.ids)
    await first.becomes(second)
    merged = await second.updated()
    assert merged[uids[1]] == known[1][uids[1]]
    assert merged[visits[1]] == known[1][visits[1]]
    at = merged[uids[0]]
    assert at == merged[visits[0]] > max(known[0].values())
    assert await second.updated_since(at) == {uids[0], visits[0]}

    further = await clinic.merge(second.ids, third.ids)
    await first.becomes(third)
    onward = await third.updated()
    assert {onward[each] for each in (*uids[:2], *visits[:2])} == {later := onward[uids[0]]}
    assert later > at
    assert await third.updated_since(later) == {*uids[:2], *visits[:2]}

    await clinic.unmerge(further, second.ids, third.ids)
    await first.becomes(second)
    freed = await second.updated()
    assert {freed[each] for each in (*uids[:2], *visits[:2])} == {again := freed[uids[0]]}
    assert again > later
    assert await third.updated() == known[2]


async def test_an_observation_loses_its_encounter_as_that_becomes_another_s(
    clinic: Any, people: list[Person]
) -> None:
    source, survivor, _ = people
    visit = await source.opened()
    merge_id = await clinic.merge(source.ids, survivor.ids)
    await source.becomes(survivor)
    uid = await survivor.written()
    await survivor.place("PUT", visit, uid)
    [inside] = await survivor.found()
    assert inside["encounter"] == {"reference": f"Encounter/{visit}"}

    await clinic.unmerge(merge_id, source.ids, survivor.ids)
    await source.becomes(source)
    [outside] = await survivor.found()
    assert "encounter" not in outside
    assert outside["meta"]["lastUpdated"] > inside["meta"]["lastUpdated"]
