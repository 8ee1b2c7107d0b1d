"""EHRbase is away or slow: what was uploaded is kept, and published when that is possible."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from openward_servicekit.ports import free_port
from openward_testkit.checkpoint import Checkpoint, Point

BASE = "/api/templates/v1/templates"
MakeOpt = Callable[..., bytes]
ReplicaWith = Callable[..., Any]


async def test_without_ehrbase_it_is_kept_and_published_later(
    replica_with: ReplicaWith, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    path = f"{BASE}/{quote(template_id)}"
    async with replica_with(ehrbase_url=f"http://127.0.0.1:{free_port()}/ehrbase") as cut_off:
        upload = await cut_off.upload(make_opt(template_id))
        known = await cut_off.read(template_id)
        other = await cut_off.upload(make_opt(template_id, ("Blood pressure", "Pressure")))
        derived = await cut_off.get(f"{path}/web-template")
        ready = await cut_off.client.get("/readyz")

    assert (upload.status_code, upload.json()["code"]) == (503, "upstream-unavailable")
    assert int(upload.headers["retry-after"]) >= 1
    assert known["state"] == "registering"
    assert (other.status_code, other.json()["code"]) == (409, "template-exists")
    assert (derived.status_code, derived.json()["code"]) == (409, "template-not-published")
    assert (ready.status_code, ready.json()["dependencies"]["ehrbase"]["state"]) == (200, "down")
    async with replica_with() as reached:
        assert (await reached.published(template_id))["version"] == "1.0.0"
        assert (await reached.get(f"{path}/web-template")).status_code == 200
    assert await outbox.subjects(template_id) == ["uploaded", "published"]


async def test_what_nobody_repeats_is_published_by_who_reconciles(
    replica_with: ReplicaWith, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    """In the name of the service, since nobody asks for it any more."""
    async with replica_with(ehrbase_url=f"http://127.0.0.1:{free_port()}/ehrbase") as cut_off:
        await cut_off.upload(make_opt(template_id))
    async with replica_with() as one, replica_with():
        await one.published(template_id)

    actors = await outbox.connection.fetch(
        "select subject, headers ->> 'ce-authid' as actor from"
        " (select * from outbox_event union all select id, event_id, subject, '', 0, headers, payload,"
        " created_at from outbox_sent) as event where headers ->> 'ce-subject' like $1",
        f"%{template_id.split()[1]}%",
    )
    assert {row["subject"].split(".")[2]: row["actor"] for row in actors} == {
        "uploaded": "template-author-1",
        "published": "service:templates",
    }


async def test_a_late_refusal_can_be_seen(
    replica_with: ReplicaWith, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    opt = make_opt(template_id, ("<description>", "<view>"), ("</description>", "</view>"))
    async with replica_with(ehrbase_url=f"http://127.0.0.1:{free_port()}/ehrbase") as cut_off:
        await cut_off.upload(opt)
    async with replica_with() as reached, asyncio.timeout(60):
        while (known := await reached.read(template_id))["state"] == "registering":
            await asyncio.sleep(0.1)

    assert (known["state"], known["refusal"]) == ("refused", "The template has no description.")
    assert await outbox.subjects(template_id) == ["uploaded"]


@pytest.mark.parametrize("point", list(Point))
async def test_a_slow_ehrbase_is_not_waited_for(
    replica_with: ReplicaWith, served: Any, outbox: Any, template_id: str, make_opt: MakeOpt, point: Point
) -> None:
    checkpoint = Checkpoint(served.ehrbase_url, point)
    async with (
        checkpoint.standing() as url,
        replica_with(reconcile_seconds=600) as other,
        replica_with(ehrbase_url=url, ehrbase_timeout_seconds=1, reconcile_seconds=600) as waiting,
    ):
        upload = await waiting.upload(make_opt(template_id))
        known = await waiting.read(template_id)
        again = await other.upload(make_opt(template_id))

    assert (upload.status_code, upload.json()["code"]) == (504, "upstream-timeout")
    assert known["state"] == "registering"
    assert (again.status_code, again.json()["uploads"]) == (201, 1)
    assert await outbox.subjects(template_id) == ["uploaded", "published"]


async def test_who_waits_for_ehrbase_keeps_nobody_from_reading(
    replica_with: ReplicaWith, served: Any, template_id: str, make_opt: MakeOpt
) -> None:
    checkpoint = Checkpoint(served.ehrbase_url, Point.REQUEST)
    async with (
        checkpoint.standing() as url,
        replica_with(ehrbase_url=url, ehrbase_timeout_seconds=10, reconcile_seconds=60) as waiting,
    ):
        uploads = [
            asyncio.create_task(waiting.upload(make_opt(f"{template_id} {number}"))) for number in range(12)
        ]
        await checkpoint.reached.wait()
        reads = [(await waiting.get(f"{BASE}?limit=1")).status_code for _ in range(20)]
        answered = sum(upload.done() for upload in uploads)
        answers = await asyncio.gather(*uploads)

    assert set(reads) == {200}
    assert answered < len(uploads)
    assert {answer.status_code for answer in answers} == {503, 504}
