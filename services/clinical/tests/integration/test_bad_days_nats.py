"""While NATS is away the service works; what happened meanwhile is told afterwards, whole and in order."""

import asyncio
import time
from collections import defaultdict
from typing import Any

from openward_contracts.event import decode
from openward_testkit.nats import NatsServer, stored

AWAY_SECONDS = 5
TOLD_SECONDS = 120


async def test_what_happens_while_nats_is_away_is_told_once_and_in_order(
    clinic: Any, nats_server: NatsServer
) -> None:
    patient_id, _ = await clinic.patient()
    await clinic.write(patient_id)
    versions: list[str] = []
    reads: list[str] = []

    nats_server.kill()
    back = time.monotonic() + AWAY_SECONDS
    while time.monotonic() < back:
        uid = (await clinic.write(patient_id)).json()["version_uid"]
        corrected = (await clinic.correct(patient_id, uid)).json()["version_uid"]
        read = await clinic.read(patient_id, corrected)
        versions += [uid, corrected]
        reads.append(corrected)
        assert read.status_code == 200
        await asyncio.sleep(0.2)
    ready = await clinic.client.get("/readyz")
    nats_server.start()

    told = await _told(nats_server, "CLINICAL", set(versions))
    shown = await _told(nats_server, "ACCESS", set(reads))
    assert ready.status_code == 200
    assert sorted(told) == sorted(versions)
    assert sorted(shown) == sorted(reads)
    by_object = defaultdict(list)
    for uid in told:
        by_object[uid[:36]].append(uid)
    assert all(of_object == sorted(of_object) for of_object in by_object.values())


async def _told(server: NatsServer, stream: str, wanted: set[str]) -> list[str]:
    """Of these versions, those that events in the stream name, in its order, as soon as there are as many."""
    give_up = time.monotonic() + TOLD_SECONDS
    while True:
        async with await server.connect() as client:
            messages = await stored(client, stream)
        # Other tests put into the stream what is no event.
        events = [
            decode(m.subject, dict(m.headers), m.data) for m in messages if "ce-type" in (m.headers or {})
        ]
        uids = [str(getattr(event.data, "version_uid", "")) for event in events]
        found = [uid for uid in uids if uid in wanted]
        if len(found) >= len(wanted) or time.monotonic() > give_up:
            return found
        await asyncio.sleep(0.5)
