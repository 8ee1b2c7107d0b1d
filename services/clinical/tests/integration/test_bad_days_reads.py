"""What is slow or gone holds back its own kind only; tags and reads tell the truth about EHRbase."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from clinical.settings import Settings
from openward_servicekit import http_breaker
from openward_servicekit.http_breaker import FAILURES_IN_A_ROW
from openward_testkit.faulty import Fault, FaultyWay
from openward_testkit.waiting import eventually

SCOPE = "user/composition-*.cruds user/Patient.cruds user/aql-*.s"
ITS = "/openehr/v1/ehr"


@pytest.fixture
async def shaky(clinic: Any, settings: Settings, way: FaultyWay) -> AsyncIterator[Any]:
    """A second process of the service that reaches EHRbase by the faulty way, and has few places there."""
    seconds = {"ehrbase_timeout_seconds": 3.0, "aql_timeout_seconds": 10.0, "ehrbase_wait_seconds": 0.2}
    async with clinic.beside(settings, way.own_port, ehrbase_queries=2, **seconds) as beside:
        yield beside
        way.spare()


async def recorded(clinic: Any) -> tuple[str, str, str]:
    """Patient id, EHR id and the uid of a composition."""
    patient_id, ehr_id = await clinic.patient()
    return patient_id, ehr_id, (await clinic.write(patient_id)).json()["version_uid"]


async def ask(
    clinic: Any, method: str, path: str, body: Any = None, key: str | None = None
) -> httpx.Response:
    headers = clinic.headers(scope=SCOPE) | ({"Idempotency-Key": key} if key else {})
    answer: httpx.Response = await clinic.client.request(method, f"{ITS}/{path}", json=body, headers=headers)
    return answer


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("resource", ["ehr_status", "composition/{}", "versioned_composition/{}/version/{}"])
async def test_a_read_shows_what_ehrbase_has_or_says_that_it_cannot(
    clinic: Any, shaky: Any, way: FaultyWay, fault: Fault, resource: str
) -> None:
    _, ehr_id, uid = await recorded(clinic)
    names = (uid[:36], uid) if "versioned" in resource else (uid,)
    path = f"{ehr_id}/{resource.format(*names)}"
    whole = await ask(clinic, "GET", path)
    await shaky.patient()

    way.strike(fault, "GET", times=5)
    answer = await ask(shaky, "GET", path)
    way.spare()
    again = await ask(shaky, "GET", path)

    cut_off = len(answer.content) < len(whole.content)  # the server breaks such a connection
    assert answer.status_code in (502, 503, 504) or cut_off, answer.text
    assert (again.status_code, again.content) == (200, whole.content)


@pytest.mark.parametrize("fault", Fault)
async def test_tags_are_set_once_with_a_key_or_nobody_is_told_that_they_are(
    clinic: Any, shaky: Any, way: FaultyWay, fault: Fault
) -> None:
    """EHRbase cannot be asked whose tag it is that it has: an unknown outcome stays unknown."""
    _, ehr_id, uid = await recorded(clinic)
    path, key = f"{ehr_id}/composition/{uid[:36]}/tags", uuid4().hex
    tags = [{"key": "reviewed", "value": "yes"}]
    way.strike(fault, "PUT")

    answer = await ask(shaky, "PUT", path, tags, key)
    way.spare()
    repeated = await ask(clinic, "PUT", path, tags, key)
    found = (await ask(clinic, "GET", path)).json()

    assert answer.status_code in (502, 503, 504), (answer.status_code, answer.text)
    assert repeated.status_code in (200, 409), repeated.text
    assert len(found) == (1 if fault.delivered or repeated.is_success else 0)


@pytest.mark.parametrize("fault", Fault)
async def test_tags_are_removed_however_often_that_is_said(
    clinic: Any, shaky: Any, way: FaultyWay, fault: Fault
) -> None:
    _, ehr_id, uid = await recorded(clinic)
    path, key = f"{ehr_id}/composition/{uid[:36]}/tags", uuid4().hex
    first, again = [await ask(clinic, "PUT", path, [{"key": "reviewed", "value": "yes"}], key) for _ in "ab"]
    (tag,) = (await ask(clinic, "GET", path)).json()
    way.strike(fault, "DELETE")

    removed = await ask(shaky, "DELETE", path, [tag["id"]])
    way.spare()
    repeated = await ask(shaky, "DELETE", path, [tag["id"]])

    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert removed.status_code in (204, 502, 503, 504)
    assert removed.status_code != 204 or fault is Fault.OTHER_TYPE_DELIVERED  # it has no content
    assert repeated.status_code == 204
    assert (await ask(clinic, "GET", path)).json() == []


async def test_slow_queries_hold_back_neither_reads_nor_writes_nor_health(
    clinic: Any, shaky: Any, way: FaultyWay
) -> None:
    patient_id, ehr_id, _ = await recorded(clinic)
    await shaky.write(patient_id)
    way.strike(Fault.SLOW, "POST /ehrbase/rest/openehr/v1/query", times=100)
    query, held = "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c", way.held

    queries = [asyncio.create_task(shaky.query(patient_id, query)) for _ in range(10)]
    await eventually(lambda: way.held == held + 2)
    read = await ask(shaky, "GET", f"{ehr_id}/ehr_status")
    written = await shaky.write(patient_id)
    ready = await shaky.client.get("/readyz")
    hanging = sum(not each.done() for each in queries)
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*queries))

    assert (read.status_code, written.status_code, ready.status_code) == (200, 201, 200)
    assert hanging >= 2
    assert statuses == [503] * 8 + [504] * 2


async def test_while_ehrbase_fails_it_is_left_alone_and_the_answer_comes_at_once(
    clinic: Any, shaky: Any, way: FaultyWay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_breaker, "PAUSE", 10.0)
    patient_id, ehr_id, _ = await recorded(clinic)
    path = f"{ehr_id}/ehr_status"
    await ask(shaky, "GET", path)
    way.strike(Fault.AWAY, "GET /ehrbase/rest/openehr", times=1000)
    for _ in range(FAILURES_IN_A_ROW):
        assert (await ask(shaky, "GET", path)).status_code == 504
    struck = way.struck

    refused = [await ask(shaky, "GET", path) for _ in range(20)]
    written = await shaky.write(patient_id)
    why = (await shaky.client.get("/readyz")).json()["dependencies"]["ehrbase"]["why"]
    metrics = (await shaky.client.get("/metrics")).text
    way.spare()
    await asyncio.sleep(http_breaker.PAUSE)
    healed = [await ask(shaky, "GET", path) for _ in range(5)]

    assert {(each.status_code, each.json()["code"]) for each in refused} == {(503, "upstream-failing")}
    assert all(0 < int(each.headers["retry-after"]) <= http_breaker.PAUSE for each in refused)
    assert way.struck - struck <= 1
    assert written.status_code == 201
    assert why == "keeps failing: reads"
    assert 'upstream_circuit_open{compartment="reads",upstream="EHRbase"} 1.0' in metrics
    assert [each.status_code for each in healed] == [200] * 5
