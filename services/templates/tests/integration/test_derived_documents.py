"""What is made of a template: for browsers, for validators, for typed clients."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from openward_cli.demo import vital_signs
from openward_testkit import corpus

BASE = "/api/templates/v1/templates"
MakeOpt = Callable[..., bytes]
DERIVED = (
    "web-template",
    "form",
    "form?language=en",
    "example",
    "example?format=FLAT&detail=minimal",
    "json-schema",
    "json-schema?format=STRUCTURED",
    "types/python",
    "types/typescript",
)


@pytest.fixture(scope="module")
async def path(service: Any) -> str:
    """Of a published template."""
    opt = vital_signs.opt().replace(vital_signs.TEMPLATE_ID.encode(), f"derived {uuid4().hex}".encode())
    location: str = (await service.upload(opt)).headers["location"]
    return location


@pytest.mark.parametrize("what", DERIVED)
async def test_who_has_it_is_not_sent_it_again(service: Any, path: str, what: str) -> None:
    first = await service.get(f"{path}/{what}")
    again = await service.get(f"{path}/{what}", **{"If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert not first.headers["etag"].startswith("W/")
    assert first.headers["etag"] == again.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("what", DERIVED)
async def test_a_draft_has_it_before_it_is_published(
    service: Any, template_id: str, make_opt: MakeOpt, what: str
) -> None:
    draft = (await service.upload(make_opt(template_id), f"{BASE}?draft=true")).json()
    path, version = f"{BASE}/{template_id}/{what}", draft["version"]

    published = await service.get(path)
    answer = await service.get(f"{path}{'&' if '?' in what else '?'}version={version}")

    assert (published.status_code, published.json()["code"]) == (409, "template-not-published")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("version=1", 422, "template-version-invalid"),
        ("version=7.0.0", 404, "template-version-not-found"),
        ("language=fr", 422, "language-unknown"),
        ("seed=-1", 422, "invalid-request"),
        ("detail=all", 422, "invalid-request"),
    ],
)
async def test_what_there_is_not_is_said(service: Any, path: str, query: str, status: int, code: str) -> None:
    answer = await service.get(f"{path}/example?{query}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_labels_are_in_the_language_that_the_reader_wants(
    service: Any, path: str, template_id: str
) -> None:
    opt = (
        corpus.opt("corona_anamnese")
        .read()
        .replace(b"<value>Corona_Anamnese", b"<value>" + template_id.encode())
    )
    german = (await service.upload(opt)).headers["location"]

    answers = [
        await service.get(f"{german}/json-schema{query}", **{"Accept-Language": wanted})
        for query, wanted in (("", "de-AT, en;q=0.5"), ("", "fr"), ("?language=de", "en"))
    ]

    assert {answer.headers["content-language"] for answer in answers} == {"de"}
    assert {answer.headers["vary"] for answer in answers} == {"Accept, Accept-Language"}
    assert (await service.get(f"{path}/json-schema")).headers["content-language"] == "en"


async def test_the_same_seed_is_the_same_example_and_another_is_another(service: Any, path: str) -> None:
    one, same, other = [
        (await service.get(f"{path}/example?format=FLAT&seed={seed}")).content for seed in (1, 1, 2)
    ]

    assert one == same != other


@pytest.mark.parametrize("form", ["FLAT", "STRUCTURED"])
@pytest.mark.parametrize("detail", ["minimal", "full"])
async def test_the_schema_takes_the_examples(service: Any, path: str, form: str, detail: str) -> None:
    schema = await service.get(f"{path}/json-schema?format={form}")
    example = await service.get(f"{path}/example?format={form}&detail={detail}")

    assert schema.headers["content-type"] == "application/schema+json"
    Draft202012Validator(schema.json()).validate(example.json())


async def test_two_versions_are_compared(service: Any, template_id: str, make_opt: MakeOpt) -> None:
    await service.upload(make_opt(template_id))
    later = make_opt(template_id, ("<upper>1000.0</upper>", "<upper>900.0</upper>"))
    draft = (await service.upload(later, f"{BASE}?draft=true")).json()

    answer = await service.get(f"{BASE}/{template_id}/diff?from=1.0.0&to={draft['version']}")

    told = answer.json()
    assert (told["from"], told["demanded"]) == ("1.0.0", "2.0.0")
    assert {(each["kind"], each["verdict"], each["after"]) for each in told["changes"]} == {
        ("range-narrowed", "safe-for-readers", ">=0.0 <=900.0")
    }
    assert "vital_signs/blood_pressure/any_event/systolic|magnitude" in [
        each["flat_path"] for each in told["changes"]
    ]
    again = await service.get(
        f"{BASE}/{template_id}/diff?from=1.0.0&to={draft['version']}",
        **{"If-None-Match": answer.headers["etag"]},
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "status"), [("", 422), ("?from=x", 422), ("?from=9.9.9", 404), ("?from=1.0.0&to=9.9.9", 404)]
)
async def test_a_difference_needs_two_versions(service: Any, path: str, query: str, status: int) -> None:
    assert (await service.get(f"{path}/diff{query}")).status_code == status


async def test_who_publishes_sees_the_new_version_at_once(
    service: Any, template_id: str, make_opt: MakeOpt
) -> None:
    path = (await service.upload(make_opt(template_id))).headers["location"]
    before = await service.get(f"{path}/web-template")
    changed = await service.upload(make_opt(template_id, (">Systolic<", ">Upper pressure<")))
    assert changed.status_code == 201, changed.text

    after = await service.get(f"{path}/web-template")

    assert "Upper pressure" in after.text
    assert "Upper pressure" not in before.text


async def test_others_are_served_while_a_large_template_is_compiled(service: Any, template_id: str) -> None:
    name = b"International Patient Summary"
    largest = corpus.opt("ips.v0").read()
    assert name in largest
    opt = largest.replace(b"<value>" + name, b"<value>" + template_id.encode(), 1)
    draft = (await service.upload(opt, f"{BASE}?draft=true")).json()
    path = f"{BASE}/{draft['template_id']}/web-template?version={draft['version']}"

    started, longest = time.perf_counter(), 0.0
    compiling = asyncio.create_task(service.get(path))
    while not compiling.done():
        began = time.perf_counter()
        assert (await service.client.get("/healthz")).status_code == 200
        longest = max(longest, time.perf_counter() - began)
        await asyncio.sleep(0.005)  # in this process nothing else gives others their turn

    took = time.perf_counter() - started
    assert (await compiling).status_code == 200
    assert longest < max(1.0, took / 2)


@pytest.mark.parametrize("what", [*DERIVED, "diff?from=1.0.0"])
async def test_who_may_not_read_a_template_gets_nothing_of_it(service: Any, path: str, what: str) -> None:
    headers = service.headers("clinician", "user/template-mine.r")

    answer = await service.client.get(f"{path}/{what}", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied")


async def test_a_composition_is_checked_in_whatever_format(service: Any, path: str) -> None:
    for form, media_type in (
        ("FLAT", "application/openehr.wt.flat+json"),
        ("STRUCTURED", "application/openehr.wt.structured+json"),
        ("CANONICAL", "application/json"),
    ):
        example = await service.get(f"{path}/example?format={form}")

        report = await service.client.post(
            f"{path}/$validate",
            content=example.content,
            headers=service.headers(**{"Content-Type": media_type}),
        )

        assert report.json() == {"valid": True, "problems": []}


async def test_every_problem_is_told_and_no_value(service: Any, path: str) -> None:
    body = (await service.get(f"{path}/example?format=FLAT")).json() | {
        "vital_signs/blood_pressure/any_event:0/systolic|magnitude": 98765.5,
        "vital_signs/blood_pressure/any_event:0/position|code": "atSECRET",
        "vital_signs/blood_presure/any_event:0/diastolic|magnitude": 80,
    }

    answer = await service.client.post(
        f"{path}/$validate?format=FLAT", json=body, headers=service.headers("clinician", "user/template-*.r")
    )

    report = answer.json()
    assert report["valid"] is False
    assert {(each["code"], each["path"].rpartition("/")[2]) for each in report["problems"]} >= {
        ("out-of-range", "systolic|magnitude"),
        ("unknown-code", "position|code"),
        ("unknown-path", "diastolic|magnitude"),
    }
    assert "98765.5" not in answer.text
    assert "SECRET" not in answer.text


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"{}", "text/plain", 415, "composition-format-unknown"),
        (b"{}", "", 415, "composition-format-unknown"),
        (b"[]", "application/json", 400, "composition-expected"),
        (b"{", "application/json", 400, "malformed-json"),
        (b'{"a":1,"a":2}', "application/json", 400, "malformed-json"),
        (b" " * 4_000_001, "application/json", 413, "composition-too-large"),
    ],
)
async def test_what_is_no_composition_is_refused(
    service: Any, path: str, content: bytes, media_type: str, status: int, code: str
) -> None:
    headers = service.headers(**({"Content-Type": media_type} if media_type else {}))

    answer = await service.client.post(f"{path}/$validate?format=FLAT", content=content, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_hostile_compositions_are_answered(service: Any, path: str) -> None:
    deep: Any = 1
    for _ in range(400):
        deep = {"a": [deep]}
    headers = service.headers(**{"Content-Type": "application/json"})
    hostile: tuple[Any, ...] = (
        deep,
        {"x" * 10_000: None},
        {str(n): n for n in range(20_000)},
        {"ctx/language": {}},
    )
    for body in hostile:
        for form in ("FLAT", "STRUCTURED", "CANONICAL"):
            answer = await service.client.post(
                f"{path}/$validate?format={form}", content=json.dumps(body), headers=headers
            )

            assert answer.status_code == 200, answer.text
            assert answer.json()["valid"] is False
