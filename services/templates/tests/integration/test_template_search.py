"""Templates are found by what they are called and hold, by who may read them."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from openward_testkit import corpus

BASE = "/api/templates/v1/templates"
MakeOpt = Callable[..., bytes]


@pytest.fixture(scope="module")
def word() -> str:
    """In the names of this module's templates, and of no others."""
    return f"search{uuid4().hex[:8]}"


async def found(service: Any, query: str, **headers: str) -> list[str]:
    answer = await service.get(f"{BASE}?{query}", **headers)
    assert answer.status_code == 200, answer.text
    return [item["template_id"] for item in answer.json()["items"]]


async def until_found(service: Any, template_id: str) -> None:
    async with asyncio.timeout(60):
        while not await found(service, f"name={quote(template_id)}"):
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def vitals(service: Any, word: str) -> str:
    from openward_cli.demo import vital_signs  # noqa: PLC0415  the fixture of one template

    name = f"{word} Vitals"
    concept = vital_signs.TEMPLATE_ID.partition(".")[0]
    source = vital_signs.opt().replace(vital_signs.TEMPLATE_ID.encode(), name.encode())
    await service.upload(source.replace(concept.encode(), name.encode()))
    await until_found(service, name)
    return name


@pytest.fixture(scope="module")
async def german(service: Any, word: str) -> str:
    name = f"{word} Anamnese"
    source = corpus.opt("corona_anamnese").read()
    await service.upload(source.replace(b"<value>Corona_Anamnese", b"<value>" + name.encode()))
    await until_found(service, name)
    return name


@pytest.mark.parametrize(
    "query",
    [
        "name=VITALS",
        "q=vitals",
        "q=BLOOD pressure",
        "label=dIASTOLIC",
        "archetype=OBSERVATION.blood_pressure.v2",
        "archetype=pulse_oximetry&label=spo2&language=en",
        "concept=vitals",
        "language=en",
    ],
)
async def test_a_template_is_found(service: Any, vitals: str, german: str, word: str, query: str) -> None:
    names = await found(service, f"name={word}&{query}" if "name=" not in query else f"q={word}&{query}")

    assert vitals in names
    assert german not in names or query == "language=en"


@pytest.mark.parametrize("query", ["label=Husten", "language=de", "label=GESCHICHTE", "q=fieber"])
async def test_a_template_is_found_in_its_own_language(
    service: Any, vitals: str, german: str, word: str, query: str
) -> None:
    assert vitals
    assert await found(service, f"name={word}&{query}") == [german]


@pytest.mark.parametrize(
    "query",
    [
        "label=no such label",
        "q=blood nosuchword",
        "label=100%25",
        "label=_ystolic",
        "language=e",
        "archetype=\\",
        "concept=%00",
    ],
)
async def test_what_nothing_is_called_is_not_found(service: Any, vitals: str, word: str, query: str) -> None:
    names = await found(service, f"name={word}&{query}")

    assert (vitals in names) == query.endswith("%00")  # which is nothing, and not looked for


async def test_a_blank_question_lists_all(service: Any, vitals: str) -> None:
    assert vitals in await found(service, "q=%20&label=&limit=100")


async def test_only_what_the_caller_may_read_is_found(
    service: Any, vitals: str, german: str, word: str
) -> None:
    headers = service.headers("clinician", f"user/template-{quote(vitals)}.r")

    answer = await service.client.get(f"{BASE}?q={word}", headers=headers)

    assert [item["template_id"] for item in answer.json()["items"]] == [vitals]
    assert german not in answer.text


async def test_pages_of_what_is_found_hold_each_once(
    service: Any, vitals: str, german: str, word: str
) -> None:
    first = (await service.get(f"{BASE}?q={word}&limit=1")).json()
    second = (await service.get(f"{BASE}?q={word}&limit=1&cursor={first['next_cursor']}")).json()

    assert [page["items"][0]["template_id"] for page in (first, second)] == sorted([vitals, german])
    assert second["next_cursor"] is None


async def test_a_template_is_found_by_its_latest_published_version(
    service: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id))
    await until_found(service, template_id)
    changed = make_opt(template_id, (">Systolic<", ">Zenith<"))
    await service.upload(changed)

    async with asyncio.timeout(60):
        while await found(service, f"name={quote(template_id)}&label=zenith") != [template_id]:
            await asyncio.sleep(0.1)

    assert await found(service, f"name={quote(template_id)}&label=systolic") == []


async def test_drafts_are_not_found(service: Any, template_id: str, make_opt: MakeOpt) -> None:
    await service.upload(make_opt(template_id), f"{BASE}?draft=true")
    await service.upload(make_opt(f"{template_id} published"))
    await until_found(service, f"{template_id} published")

    assert await found(service, f"q={quote(template_id)}") == [f"{template_id} published"]
