"""Whatever happens between us and EHRbase while a query is stored, read or run: it is there once, or not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from clinical.service import storing_queries
from clinical.settings import Settings
from openward_testkit.faulty import Fault, FaultyWay

BASE = "/openehr/v1"
STORED = "/ehrbase/rest/openehr/v1/definition/query"
Q = "SELECT c/uid/value -- é\nFROM EHR e CONTAINS COMPOSITION c WHERE e/ehr_id/value = $ehr_id"
OTHER = f"{Q} LIMIT 7"
AUTHOR = ("template-author", "user/aql-*.cru")


@pytest.fixture(autouse=True)
def _asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing_queries, "PAUSE", 0.05)


@pytest.fixture(scope="module")
async def shaky(clinic: Any, settings: Settings, way: FaultyWay) -> AsyncIterator[Any]:
    """A second process of the service, with the same database, that reaches EHRbase by the faulty way."""
    async with clinic.beside(settings, way.own_port, ehrbase_timeout_seconds=1.5) as beside:
        yield beside


@pytest.fixture
def name() -> str:
    return f"org.openward::bad_{uuid4().hex}"


async def put(
    clinic: Any, name: str, version: str = "", q: str = Q, key: str | None = None, *, as_text: bool = True
) -> httpx.Response:
    path = f"{BASE}/definition/query/{name}{version and '/'}{version}"
    headers = clinic.headers(*AUTHOR) | ({"Idempotency-Key": key} if key else {})
    sent: dict[str, Any] = {"json": {"q": q}}
    if as_text:
        sent = {"content": q}
        headers["Content-Type"] = "text/plain;charset=UTF-8"
    answer: httpx.Response = await clinic.client.put(path, headers=headers, **sent)
    return answer


async def held(ehrbase: httpx.AsyncClient, name: str) -> dict[str, str]:
    """Of each version its text."""
    listed = (await ehrbase.get(f"{STORED}/{name}")).json()["versions"]
    versions = [entry["version"] for entry in listed]
    return {each: (await ehrbase.get(f"{STORED}/{name}/{each}")).json()["q"] for each in versions}


def said(answer: httpx.Response) -> tuple[int, str | None, bytes]:
    return answer.status_code, answer.headers.get("location"), answer.content


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("as_text", [True, False], ids=["text", "json"])
@pytest.mark.parametrize(
    ("version", "given"), [("", "1.0.0"), ("3", "3.0.0"), ("1.2.3", "1.2.3"), ("1.0.0-draft", "1.0.0-draft")]
)
async def test_a_query_is_stored_once_and_the_answer_is_true(  # noqa: PLR0917  fixtures and parameters
    clinic: Any,
    shaky: Any,
    way: FaultyWay,
    ehrbase: httpx.AsyncClient,
    name: str,
    fault: Fault,
    version: str,
    given: str,
    *,
    as_text: bool,
) -> None:
    key, struck = uuid4().hex, way.struck

    way.strike(fault, f"PUT {STORED}/{quote(name, safe='')}")
    answer = await put(shaky, name, version, key=key, as_text=as_text)
    way.spare()
    repeated = await put(shaky, name, version, key=key, as_text=as_text)
    elsewhere = await put(clinic, name, version, key=key, as_text=as_text)

    assert way.struck == struck + 1
    assert answer.status_code == 200 if fault.delivered else answer.status_code in (502, 503, 504), (
        answer.text
    )
    assert await held(ehrbase, name) == {given: Q}
    assert said(repeated) == said(elsewhere)
    assert repeated.status_code == 200, repeated.text
    assert answer.status_code != 200 or said(answer) == said(repeated)
    assert f"/{given}" in repeated.headers["location"] if as_text else repeated.json()["version"] == given


@pytest.mark.parametrize("fault", Fault)
async def test_without_a_key_too_who_was_not_told_repeats_it(
    shaky: Any, way: FaultyWay, ehrbase: httpx.AsyncClient, name: str, fault: Fault
) -> None:
    way.strike(fault, f"PUT {STORED}/{quote(name, safe='')}")
    answer = await put(shaky, name)
    way.spare()
    done = answer if answer.is_success else await put(shaky, name)
    meant = await put(shaky, name)

    assert done.headers["location"].endswith("/1.0.0")
    assert meant.headers["location"].endswith("/2.0.0")  # as in EHRbase: each time it is said anew
    assert await held(ehrbase, name) == {"1.0.0": Q, "2.0.0": Q}


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.SLOW, Fault.ERROR, Fault.HALF_DELIVERED])
async def test_what_another_has_stored_there_is_a_conflict_and_not_ours(
    shaky: Any, way: FaultyWay, ehrbase: httpx.AsyncClient, name: str, fault: Fault
) -> None:
    await ehrbase.put(f"{STORED}/{name}/1.0.0", json={"q": OTHER})
    key = uuid4().hex
    way.strike(fault, f"PUT {STORED}/{quote(name, safe='')}/1.0.0")

    answers = [await put(shaky, name, "1.0.0", key=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert {answer.json()["message"] for answer in answers} == {"Version already exists"}
    assert await held(ehrbase, name) == {"1.0.0": OTHER}


async def test_while_the_way_to_choose_a_version_is_cut_nothing_is_stored(
    shaky: Any, way: FaultyWay, ehrbase: httpx.AsyncClient, name: str
) -> None:
    for fault in Fault:
        way.strike(fault, f"GET {STORED}/{quote(name, safe='')}", times=3)
        answer = await put(shaky, name)
        way.spare()
        assert answer.status_code in (502, 503, 504), (fault, answer.text)

    assert await held(ehrbase, name) == {}


async def test_each_of_many_at_once_gets_a_version_of_its_own(
    clinic: Any, shaky: Any, ehrbase: httpx.AsyncClient, name: str
) -> None:
    texts = [f"{Q} LIMIT {number}" for number in range(1, 9)]

    answers = await asyncio.gather(
        *(put((clinic, shaky)[number % 2], name, q=q) for number, q in enumerate(texts))
    )

    assert [answer.status_code for answer in answers] == [200] * 8
    assert sorted((await held(ehrbase, name)).values()) == sorted(texts)


async def test_of_many_that_want_one_version_one_has_it(
    clinic: Any, shaky: Any, ehrbase: httpx.AsyncClient, name: str
) -> None:
    texts = [f"{Q} LIMIT {number}" for number in range(1, 7)]

    answers = await asyncio.gather(
        *(put((clinic, shaky)[number % 2], name, "1.0.0", q) for number, q in enumerate(texts))
    )

    won = [q for q, answer in zip(texts, answers, strict=True) if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert await held(ehrbase, name) == {"1.0.0": won[0]}


async def test_a_key_is_for_one_text(clinic: Any, ehrbase: httpx.AsyncClient, name: str) -> None:
    key = uuid4().hex

    first, other = await put(clinic, name, key=key), await put(clinic, name, q=OTHER, key=key)

    assert (first.status_code, other.status_code, other.json()["code"]) == (
        200,
        422,
        "idempotency-key-reused",
    )
    assert await held(ehrbase, name) == {"1.0.0": Q}


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize(
    "what", ["definition/query/{}/1.0.0", "definition/query/{}", "definition/query", "query/{}"]
)
async def test_a_read_shows_what_ehrbase_has_or_says_that_it_cannot(
    clinic: Any, shaky: Any, way: FaultyWay, name: str, fault: Fault, what: str
) -> None:
    _, ehr_id = await clinic.patient()
    await put(clinic, name, "1.0.0")
    headers = clinic.headers(scope="user/aql-*.rs user/composition-*.r")
    path, params = f"{BASE}/{what.format(name)}", {"ehr_id": ehr_id}
    whole = await clinic.client.get(path, params=params, headers=headers)

    way.strike(fault, (f"GET {STORED}", "POST /ehrbase/rest/openehr/v1/query"), times=5)
    answer = await shaky.client.get(path, params=params, headers=headers)
    way.spare()
    again = await shaky.client.get(path, params=params, headers=headers)

    cut_off = len(answer.content) < len(whole.content)  # the server breaks such a connection
    assert answer.status_code in (502, 503, 504) or cut_off, answer.text
    assert (whole.status_code, again.status_code) == (200, 200)
