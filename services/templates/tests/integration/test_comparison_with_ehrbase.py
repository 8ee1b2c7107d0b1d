"""EHRbase is changed behind the service's back: it finds that and makes it good. An EHRbase of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from openward_cli.demo import vital_signs
from openward_cli.stack import Stack
from openward_testkit.ehrbase import Cdr, running_cdr
from templates.service import comparison

BASE = "/api/templates/v1/templates"
ADL = "/openehr/v1/definition/template/adl1.4"
XML = {"Content-Type": "application/xml"}
MakeOpt = Callable[..., bytes]
RENAMED = ("Blood pressure", "Pressure")
WIDER = ("<upper>1000.0</upper>", "<upper>1200.0</upper>")


@pytest.fixture(scope="module")
async def own(stack: Stack) -> AsyncIterator[Cdr]:
    async with running_cdr(stack) as cdr:
        yield cdr


@pytest.fixture(scope="module")
async def service(own: Cdr, replica_with: Callable[..., Any]) -> AsyncIterator[Any]:
    """Two replicas, of which one compares, as soon as it may; the first."""
    url = str(own.api.base_url).removesuffix("/").removesuffix("/rest")
    settings = {"ehrbase_url": url, "reconcile_seconds": 0.2, "compare_seconds": 1}
    async with AsyncExitStack() as opened:
        opened.enter_context(pytest.MonkeyPatch.context()).setattr(comparison, "_SHARE", 1)
        replicas = [await opened.enter_async_context(replica_with(**settings)) for _ in range(2)]
        yield replicas[0]


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await true():
            await asyncio.sleep(0.1)


async def held(own: Cdr, template_id: str) -> str:
    answer = await own.api.get(f"{ADL}/{quote(template_id)}", headers={"Accept": "application/xml"})
    return answer.text if answer.status_code == 200 else ""


async def known(service: Any, template_id: str) -> dict[str, Any]:
    answer: httpx.Response = await service.get(f"{BASE}/{quote(template_id)}")
    body: dict[str, Any] = answer.json()
    return body if answer.status_code == 200 else {}


async def write(own: Cdr, template_id: str) -> None:
    ehr = await own.create_ehr()
    flat = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")
    params = {"templateId": template_id, "format": "FLAT"}
    answer = await own.api.post(f"/openehr/v1/ehr/{ehr}/composition", params=params, json=flat)
    assert answer.is_success, answer.text


async def test_what_somebody_loaded_into_ehrbase_becomes_a_published_version(
    service: Any, own: Cdr, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await own.send("POST", ADL, 201, content=make_opt(template_id), headers=XML)

    await until(lambda: _is(service, template_id, "published"))

    found = await known(service, template_id)
    assert (found["version"], found["cdr_state"]) == ("1.0.0", "held")
    assert found["uploaded_by"] == "service:templates"
    assert await outbox.subjects(template_id) == ["uploaded", "published"]
    again = await service.upload(make_opt(template_id))
    assert (again.status_code, again.json()["version"]) == (201, "1.0.1")


async def test_what_is_missing_in_ehrbase_is_registered_again(
    service: Any, own: Cdr, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id))
    await own.send("DELETE", f"/admin/template/{quote(template_id)}", 200)

    await until(lambda: _holds(own, template_id, "Blood pressure"))

    assert await outbox.subjects(template_id) == ["uploaded", "published"]


async def test_another_document_gives_way_to_ours_where_nothing_uses_it(
    service: Any, own: Cdr, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id))
    other = make_opt(template_id, RENAMED)
    await own.send("PUT", f"/admin/template/{quote(template_id)}", 200, content=other, headers=XML)

    await until(lambda: _holds(own, template_id, "Blood pressure"))

    assert (await known(service, template_id))["cdr_state"] == "held"
    assert await outbox.subjects(template_id) == ["uploaded", "published"]


async def test_a_document_that_compositions_need_stays_and_is_shown(
    service: Any, own: Cdr, template_id: str, make_opt: MakeOpt
) -> None:
    """Written with our version, which somebody then replaces by one that the next publication would break."""
    await service.upload(make_opt(template_id))
    await write(own, template_id)
    path = f"/admin/template/{quote(template_id)}"
    await own.send("PUT", path, 200, content=make_opt(template_id, RENAMED), headers=XML)

    async def differs() -> bool:
        return bool((await known(service, template_id))["cdr_state"] == "different")

    await until(differs)
    assert await _holds(own, template_id, RENAMED[1])
    await until(lambda: _measured(service, "openward_templates_different 1.0"))

    await own.send("PUT", path, 200, content=make_opt(template_id), headers=XML)

    async def is_held() -> bool:
        return bool((await known(service, template_id))["cdr_state"] == "held")

    await until(is_held)


async def test_what_differs_and_breaks_nothing_is_replaced_though_it_is_used(
    service: Any, own: Cdr, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id, WIDER))
    await write(own, template_id)
    path = f"/admin/template/{quote(template_id)}"
    await own.send("PUT", path, 200, content=make_opt(template_id), headers=XML)

    await until(lambda: _holds(own, template_id, "1200"))


async def test_a_retired_template_that_is_in_use_is_left_alone(
    service: Any, own: Cdr, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id))
    await write(own, template_id)
    retire = f"{BASE}/{quote(template_id)}/versions/1.0.0/retire"
    headers = service.headers(scope="user/template-*.cruds")
    await service.client.post(retire, headers=headers)
    await own.send("POST", ADL, 201, content=make_opt(f"{template_id} after"), headers=XML)

    await until(lambda: _is(service, f"{template_id} after", "published"))

    assert (await known(service, template_id))["state"] == "retired"
    assert await outbox.subjects(template_id) == ["uploaded", "published", "retired"]


async def test_what_nobody_here_would_read_is_left_and_counted(
    service: Any, own: Cdr, template_id: str, make_opt: MakeOpt
) -> None:
    odd = make_opt(template_id, ("<concept>", "<?made by-hand?><concept>"))
    await own.send("POST", ADL, 201, content=odd, headers=XML)

    await until(lambda: _measured(service, "openward_templates_unreadable 1.0"))
    assert await known(service, template_id) == {}


async def _is(service: Any, template_id: str, state: str) -> bool:
    return bool((await known(service, template_id)).get("state") == state)


async def _holds(own: Cdr, template_id: str, text: str) -> bool:
    return text in await held(own, template_id)


async def _measured(service: Any, line: str) -> bool:
    return line in (await service.client.get("/metrics")).text
