"""Live events over HTTP, as a browser reads them, from a real stream."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from clinical.settings import Settings
from openward_contracts.identifiers import PatientId
from openward_contracts.patients import PatientRestricted
from openward_testkit.nats import NatsServer

EVENTS = "/api/clinical/v1/events"
SCOPE = "user/composition-*.cruds user/Encounter.cruds"


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"live_heartbeat_seconds": 0.5, "live_check_seconds": 1.0})


@pytest.fixture(scope="module")
async def base(clinic: Any) -> AsyncIterator[str]:
    """The same app on a port, since a transport in memory gives no stream."""
    server = uvicorn.Server(uvicorn.Config(clinic.app, port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = server.force_exit = True
    await serving


class Listener:
    """Lines of one answer, read into events."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.lines = answer.aiter_lines()
        self.last_id = ""

    async def block(self) -> dict[str, str]:
        """Fields up to the next empty line; the comment of a heartbeat is under ""."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(60):
            async for line in self.lines:
                if not line:
                    self.last_id = fields.get("id", self.last_id)
                    return fields
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        raise EOFError

    async def events(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < count:
            fields = await self.block()
            if "data" in fields:
                found.append(json.loads(fields["data"]) | {"event": fields["event"], "place": fields["id"]})
        return found


@asynccontextmanager
async def listening(
    base: str, headers: dict[str, str], last: str = "", **params: Any
) -> AsyncIterator[Listener]:
    headers = headers | ({"Last-Event-ID": last} if last else {})
    async with (
        httpx.AsyncClient(base_url=base, timeout=30) as client,
        client.stream("GET", EVENTS, params=params, headers=headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        listener = Listener(answer)
        while not listener.last_id:  # from here on nothing is missed
            await listener.block()
        yield listener


async def test_what_is_written_is_heard_at_once_as_ids(clinic: Any, base: str) -> None:
    patient_id, ehr_id = await clinic.patient()
    async with listening(base, clinic.headers(scope=SCOPE), patient_id=patient_id) as listener:
        begun = asyncio.get_running_loop().time()
        uid = (await clinic.write(patient_id)).json()["version_uid"]
        (event,) = await listener.events(1)
        assert asyncio.get_running_loop().time() - begun < 20
    assert (event["event"], event["type"]) == ("composition", "clinical.composition.created.v1")
    assert event["data"]["version_uid"] == uid
    assert (event["data"]["patient_id"], event["data"]["ehr_id"]) == (patient_id, ehr_id)
    assert not {"composer", "name", "context"} & event["data"].keys()


async def test_who_was_away_hears_the_rest_once(clinic: Any, base: str) -> None:
    patient_id, _ = await clinic.patient()
    headers = clinic.headers(scope=SCOPE)
    async with listening(base, headers, patient_id=patient_id) as listener:
        first = (await clinic.write(patient_id)).json()["version_uid"]
        assert (await listener.events(1))[0]["data"]["version_uid"] == first
        last = listener.last_id
    missed = [(await clinic.write(patient_id)).json()["version_uid"] for _ in range(3)]
    async with listening(base, headers, last, patient_id=patient_id) as listener:
        new = (await clinic.write(patient_id)).json()["version_uid"]
        events = await listener.events(4)
    assert [event["data"]["version_uid"] for event in events] == [*missed, new]
    assert len({event["place"] for event in events}) == 4


async def test_filters_hold(clinic: Any, base: str) -> None:
    patient_id, _ = await clinic.patient()
    headers = clinic.headers(scope=SCOPE)
    async with listening(base, headers, patient_id=patient_id, kind="encounter") as listener:
        await clinic.write(patient_id)
        url = f"/api/clinical/v1/patients/{patient_id}/encounters"
        opened = await clinic.client.post(url, json={"encounter_class": "AMB"}, headers=headers)
        (event,) = await listener.events(1)
    assert event["data"]["encounter_id"] == opened.json()["encounter_id"]


async def test_moves_between_encounters_are_heard_by_who_may_read_what_moves(clinic: Any, base: str) -> None:
    patient_id, _ = await clinic.patient()
    headers, url = clinic.headers(scope=SCOPE), f"/api/clinical/v1/patients/{patient_id}"
    opened = await clinic.client.post(f"{url}/encounters", json={"encounter_class": "AMB"}, headers=headers)
    visit = opened.json()["encounter_id"]
    async with listening(base, headers, patient_id=patient_id, kind="composition") as listener:
        uid = (await clinic.write(patient_id)).json()["version_uid"]
        await listener.events(1)
    other = clinic.headers(scope="user/composition-labs.r user/Encounter.r")
    of_patient = {"patient_id": patient_id}
    async with (
        listening(base, headers, **of_patient, kind="composition") as some,
        listening(base, other, **of_patient) as stranger,
    ):
        place = f"{url}/encounters/{visit}/compositions/{uid[:36]}"
        for method in ("PUT", "PUT", "DELETE"):
            assert (await clinic.client.request(method, place, headers=headers)).status_code == 204
        after = await clinic.client.post(
            f"{url}/encounters", json={"encounter_class": "AMB"}, headers=headers
        )
        placed = [(await some.events(1))[0]["data"] for _ in range(2)]
        while (event := (await stranger.events(1))[0])["data"]["encounter_id"] != after.json()[
            "encounter_id"
        ]:
            assert event["event"] == "encounter"
    assert [(each["step"], each.get("encounter_id")) for each in placed] == [(1, visit), (2, None)]


async def test_quiet_listeners_hear_a_heartbeat(clinic: Any, base: str) -> None:
    patient_id, _ = await clinic.patient()
    async with listening(base, clinic.headers(scope=SCOPE), patient_id=patient_id, kind="ehr") as listener:
        while "" not in await listener.block():
            pass


async def test_a_stream_ends_with_its_token(clinic: Any, base: str) -> None:
    headers = clinic.headers(scope=SCOPE, exp=int(time.time()) + 2)
    async with listening(base, headers, kind="ehr") as listener:
        async with asyncio.timeout(60):
            async for _ in listener.lines:
                pass


@pytest.mark.parametrize(
    ("status", "params", "headers"),
    [
        (404, {"patient_id": str(uuid4())}, {}),
        (422, {"patient_id": "x"}, {}),
        (400, {"kind": "gossip"}, {}),
        (400, {}, {"Last-Event-ID": "-1"}),
        (400, {}, {"Last-Event-ID": "9" * 40}),
        (401, {}, {"Authorization": "Bearer x"}),
    ],
)
async def test_bad_wishes_are_refused(
    clinic: Any, status: int, params: dict[str, str], headers: dict[str, str]
) -> None:
    own = clinic.headers(scope=SCOPE)
    answer = await clinic.client.get(EVENTS, params=params, headers=own | headers)
    assert answer.status_code == status, answer.text


async def test_a_patient_hears_nothing_of_others(clinic: Any) -> None:
    mine, theirs = (await clinic.patient())[0], (await clinic.patient())[0]
    headers = clinic.headers("patient", "patient/composition-*.rs", patient=mine)
    answer = await clinic.client.get(EVENTS, params={"patient_id": theirs}, headers=headers)
    assert answer.status_code == 403


async def test_of_restricted_patients_hears_who_may_know_of_them(clinic: Any, base: str) -> None:
    (patient_id, _), (other, _) = await clinic.patient(), await clinic.patient()
    sees_all = clinic.headers(roles=("clinician", "privacy-officer"), scope=f"{SCOPE} user/Patient.r")
    restricted = PatientRestricted(
        patient_id=PatientId(patient_id), version=2, restricted=True, changed=("restricted",)
    )
    await clinic.tell(restricted, patient_id, 2)
    while (await clinic.get(f"/api/clinical/v1/patients/{patient_id}/ehr")).status_code != 404:
        await asyncio.sleep(0.05)
    async with listening(base, clinic.headers(scope=SCOPE)) as some, listening(base, sees_all) as all_of_it:
        hidden = (await clinic.write(patient_id, **sees_all)).json()["version_uid"]
        shown = (await clinic.write(other)).json()["version_uid"]
        assert await told(some, 1, patient_id, other) == [shown]
        assert await told(all_of_it, 2, patient_id, other) == [hidden, shown]


async def told(listener: Any, count: int, *patients: str) -> list[str]:
    """So many versions of these patients: of what others did before it may hear as well."""
    found: list[str] = []
    while len(found) < count:
        [event] = await listener.events(1)
        if event["event"] == "composition" and event["data"].get("patient_id") in patients:
            found.append(event["data"]["version_uid"])
    return found


async def test_nats_away_loses_nothing(clinic: Any, base: str, nats_server: NatsServer) -> None:
    patient_id, _ = await clinic.patient()
    async with listening(base, clinic.headers(scope=SCOPE), patient_id=patient_id) as listener:
        nats_server.kill()
        written = [(await clinic.write(patient_id)).json()["version_uid"] for _ in range(3)]
        nats_server.start()
        async with asyncio.timeout(60):
            events = await listener.events(3)
    assert [event["data"]["version_uid"] for event in events] == written
