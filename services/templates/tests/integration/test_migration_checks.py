"""Which stored compositions would fail under a version: asked for here, told of by clinical, shown here."""

import asyncio
import base64
import gzip
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
from openward_contracts.actor import SYSTEM_ACTOR
from openward_contracts.event import Event
from openward_contracts.migration_checks import (
    MigrationCheckFinished,
    MigrationCheckProgressed,
    MigrationCheckRequested,
)
from openward_testkit.events import EventCatcher, publish
from openward_testkit.nats import NatsServer

BASE = "/api/templates/v1/templates"
SYSTOLIC = "missing-required /content[openEHR-EHR-OBSERVATION.blood_pressure.v2]/data"
PULSE = "out-of-range /content[openEHR-EHR-OBSERVATION.pulse.v2]/data"
Tell = Callable[..., Awaitable[None]]


def place(template_id: str, version: str = "1.0.0") -> str:
    return f"{BASE}/{quote(template_id, safe='')}/versions/{version}/migration-checks"


@pytest.fixture
def tell(nats_server: NatsServer) -> Tell:
    """An event of clinical about a check."""

    async def told(
        payload: type[MigrationCheckProgressed | MigrationCheckFinished],
        check: dict[str, Any],
        revision: int,
        **data: Any,
    ) -> None:
        event = Event.of(
            payload(check_id=UUID(check["check_id"]), template_id=check["template_id"], **data),
            source="/openward/clinical",
            aggregate_id=check["check_id"],
            aggregate_version=revision,
            actor=SYSTEM_ACTOR("clinical"),
            at=datetime.now(UTC),
            correlation_id="test",
        )
        async with await nats_server.connect() as connection:
            await publish(connection, event)

    return told


async def ask(service: Any, template_id: str, version: str = "1.0.0", **caller: str) -> httpx.Response:
    answer: httpx.Response = await service.client.post(
        place(template_id, version), headers=service.headers(**caller)
    )
    return answer


async def requested(service: Any, template_id: str) -> dict[str, Any]:
    answer = await ask(service, template_id)
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def shown(service: Any, check: dict[str, Any], state: str, version: str = "1.0.0") -> dict[str, Any]:
    """As soon as it is in this state."""
    async with asyncio.timeout(60):
        while True:
            answer = await service.get(f"{place(check['template_id'], version)}/{check['check_id']}")
            assert answer.status_code == 200, answer.text
            known: dict[str, Any] = answer.json()
            if known["state"] == state:
                return known
            await asyncio.sleep(0.05)


@pytest.fixture
async def drafted(service: Any, template_id: str, make_opt: Callable[..., bytes]) -> str:
    answer = await service.upload(make_opt(template_id), f"{BASE}?draft=true")
    assert answer.status_code == 201, answer.text
    return template_id


async def test_a_request_is_accepted_and_told_with_the_web_template(
    service: Any, drafted: str, nats_server: NatsServer
) -> None:
    async with (
        await nats_server.connect("monitor") as connection,
        EventCatcher(connection, "TEMPLATES").watching() as catcher,
    ):
        answer = await ask(service, drafted)
        check = answer.json()
        event = await catcher.wait_for(
            MigrationCheckRequested, lambda e: str(e.data.check_id) == check["check_id"]
        )
    assert answer.status_code == 202
    assert answer.headers["location"] == f"{place(drafted)}/{check['check_id']}"
    assert (check["state"], check["examined"], check["total"]) == ("requested", 0, None)
    assert (event.data.semantic_version, event.data.sha256) == ("1.0.0", check["sha256"])
    assert event.envelope.authid == "template-author-1"
    web_template = json.loads(gzip.decompress(base64.b64decode(event.data.web_template)))
    assert web_template["templateId"] == drafted
    assert web_template["tree"]["rmType"] == "COMPOSITION"


async def test_what_clinical_tells_is_shown(service: Any, drafted: str, tell: Tell) -> None:
    check = await requested(service, drafted)
    await tell(MigrationCheckProgressed, check, 1, examined=0, failing=0, total=30)
    begun = await shown(service, check, "running")
    problems = {PULSE: 2, SYSTOLIC: 7}
    await tell(MigrationCheckFinished, check, 4, examined=30, failing=8, total=30, problems=problems)
    ended = await shown(service, check, "finished")
    assert (begun["examined"], begun["total"], begun["finished_at"]) == (0, 30, None)
    assert (ended["examined"], ended["failing"], ended["reason"]) == (30, 8, None)
    assert [(each["rule"], each["compositions"]) for each in ended["problems"]] == [
        ("missing-required", 7),
        ("out-of-range", 2),
    ]


async def test_a_check_that_failed_says_why(service: Any, drafted: str, tell: Tell) -> None:
    check = await requested(service, drafted)
    await tell(MigrationCheckFinished, check, 2, examined=0, failing=0, reason="cdr-error")
    assert (await shown(service, check, "failed"))["reason"] == "cdr-error"


async def test_an_event_that_comes_late_changes_nothing(service: Any, drafted: str, tell: Tell) -> None:
    check = await requested(service, drafted)
    await tell(MigrationCheckFinished, check, 9, examined=30, failing=0, total=30)
    await shown(service, check, "finished")
    await tell(MigrationCheckProgressed, check, 8, examined=20, failing=0, total=30)
    other = await requested(service, drafted)
    await tell(MigrationCheckProgressed, other, 1, examined=1, failing=0, total=30)
    await shown(service, other, "running")  # so the late one was handled
    assert (await shown(service, check, "finished"))["examined"] == 30


async def test_who_asks_again_meanwhile_is_told_of_the_check_under_way(
    service: Any, replica: Any, drafted: str, tell: Tell
) -> None:
    answers = await asyncio.gather(*(ask(each, drafted) for each in (service, replica) * 3))
    checks = {answer.json()["check_id"] for answer in answers}
    assert {answer.status_code for answer in answers} == {202}
    assert len(checks) == 1
    await tell(MigrationCheckFinished, answers[0].json(), 3, examined=0, failing=0, total=0)
    await shown(service, answers[0].json(), "finished")
    assert (await ask(service, drafted)).json()["check_id"] not in checks


async def test_what_is_not_there_cannot_be_checked(service: Any, drafted: str) -> None:
    check = await requested(service, drafted)
    unknown = f"{place(drafted)}/{UUID(int=0)}"
    elsewhere = f"{place(drafted, '2.0.0')}/{check['check_id']}"
    assert (await ask(service, "nobody knows.v1")).json()["code"] == "template-not-found"
    assert (await ask(service, drafted, "2.0.0")).json()["code"] == "template-version-not-found"
    for path in (unknown, elsewhere):
        assert (await service.get(path)).json()["code"] == "migration-check-not-found"


@pytest.mark.parametrize(
    "caller", [{"role": "clinician"}, {"scope": "user/template-other.cr"}, {"scope": "user/Patient.r"}]
)
async def test_only_authors_of_the_template_ask_and_read(
    service: Any, drafted: str, caller: dict[str, str]
) -> None:
    check = await requested(service, drafted)
    path = f"{place(drafted)}/{check['check_id']}"
    assert (await ask(service, drafted, **caller)).status_code == 403
    assert (await service.get(path, **caller)).status_code == 403


async def test_a_version_that_breaks_the_last_is_published_when_nothing_stored_would_fail(
    service: Any,
    template_id: str,
    make_opt: Callable[..., bytes],
    use: Callable[[str], Awaitable[str]],
    tell: Tell,
) -> None:
    await service.upload(make_opt(template_id))
    await use(template_id)
    await service.upload(make_opt(template_id, ("Blood pressure", "Pressure")), f"{BASE}?draft=true")
    path = f"{BASE}/{quote(template_id, safe='')}/versions/2.0.0/publish"
    caller = service.headers(scope="user/template-*.cruds")

    check = (await ask(service, template_id, "2.0.0")).json()
    await tell(MigrationCheckFinished, check, 2, examined=1, failing=0, total=1)
    await shown(service, check, "finished", "2.0.0")
    answer = await service.client.post(path, headers=caller)

    assert answer.status_code == 200, answer.text


async def test_a_request_waits_while_nats_is_away(
    service: Any, drafted: str, nats_server: NatsServer
) -> None:
    nats_server.kill()
    try:
        check = await requested(service, drafted)
    finally:
        nats_server.start()
    async with (
        await nats_server.connect("monitor") as connection,
        EventCatcher(connection, "TEMPLATES").watching(from_start=True) as catcher,
    ):
        await catcher.wait_for(
            MigrationCheckRequested, lambda e: str(e.data.check_id) == check["check_id"], timeout=60
        )
