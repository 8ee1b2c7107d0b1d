"""openEHR ITS-REST as clients made for EHRbase speak it, compared with EHRbase's own answers."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

OWN = "/openehr/v1/definition/template/adl1.4"
ALIAS = "/ehrbase/rest/openehr/v1/definition/template/adl1.4"
WEB_TEMPLATE = "application/openehr.wt+json"
MakeOpt = Callable[..., bytes]

pytestmark = pytest.mark.parametrize("base", [OWN, ALIAS])


@pytest.fixture
async def path(service: Any, base: str, template_id: str, make_opt: MakeOpt) -> str:
    """Of a published template."""
    location: str = (await service.upload(make_opt(template_id), base)).headers["location"]
    return location


@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_upload_is_answered_as_ehrbase_does(
    service: Any, cdr: Any, base: str, template_id: str, make_opt: MakeOpt, slash: str
) -> None:
    other = f"{template_id}, held by EHRbase alone"
    theirs = await cdr.post("", content=make_opt(other), headers={"Content-Type": "application/xml"})

    ours = await service.upload(make_opt(template_id), base + slash)

    assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content) == (201, b"")
    assert theirs.headers["etag"] == f'"{other}"'
    assert ours.headers["etag"] == f'"{template_id}"'
    assert ours.headers["location"] == f"{service.origin}{base}/{quote(template_id)}"


async def test_an_upload_again_is_refused_in_ehrbases_words(
    service: Any, base: str, template_id: str, make_opt: MakeOpt
) -> None:
    """Those that it has unless it is told, as here, to let `templates` replace a template."""
    await service.upload(make_opt(template_id), base)

    again = await service.upload(make_opt(template_id), base)

    assert again.status_code == 409
    words = f"Operational template with this template ID already exists: {template_id}"
    assert (again.json()["error"], again.json()["message"]) == ("Conflict", words)
    assert again.json()["code"] == "template-exists"


async def test_a_template_as_ehrbases_own_client_sends_it_is_kept_in_utf_8(
    service: Any, base: str, template_id: str, make_opt: MakeOpt
) -> None:
    opt = make_opt(template_id, ("Blood pressure", "Größe")).decode().partition("\n")[2]
    as_latin_1 = {"Content-Type": "application/xml; charset=ISO-8859-1"}

    made = await service.upload(opt.encode("latin-1"), f"{base}/", **as_latin_1)

    assert made.status_code == 201
    read = await service.get(made.headers["location"], Accept="application/xml")
    assert read.content == opt.encode()


async def test_headers_hold_ids_that_headers_could_not(
    service: Any, base: str, template_id: str, make_opt: MakeOpt
) -> None:
    made = await service.upload(make_opt(f'{template_id} "Größe" 体'), base)

    assert made.headers["etag"] == f'"{template_id} %22Gr%C3%B6%C3%9Fe%22 %E4%BD%93"'
    read = await service.get(made.headers["location"])
    assert (read.status_code, read.headers["location"]) == (200, made.headers["location"])


async def test_addresses_begin_with_the_host_that_was_asked_and_with_nothing_else_said(
    service: Any, base: str, template_id: str, make_opt: MakeOpt
) -> None:
    said = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.test"}
    for host, origin in {"a.test:8080": "http://a.test:8080", "evil.test/x": "http://openward.test"}.items():
        made = await service.upload(make_opt(f"{template_id} {host[0]}"), base, Host=host, **said)
        there = [
            await service.get(path, Host=host, **said)
            for path in (base, f"{base}/", f"{base}/{quote(template_id)}%20{host[0]}")
        ]

        assert made.headers["location"] == f"{origin}{base}/{quote(template_id)}%20{host[0]}"
        assert [each.headers["location"] for each in there] == [
            f"{origin}{base}",
            f"{origin}{base}",
            made.headers["location"],
        ]


async def test_the_document_comes_back_to_who_prefers_so(
    service: Any, base: str, template_id: str, make_opt: MakeOpt
) -> None:
    made = await service.upload(make_opt(template_id), base, Prefer="return=representation")

    assert made.status_code == 201
    assert made.headers["content-type"] == "application/xml"
    assert made.content == make_opt(template_id)


async def test_another_document_of_the_same_id_is_a_conflict(
    service: Any, base: str, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id), base)

    other = await service.upload(make_opt(template_id, ("Blood pressure", "Pressure")), base)

    assert (other.status_code, other.json()["code"]) == (409, "template-exists")
    assert other.json()["message"].endswith(f"already exists: {template_id}")


@pytest.mark.parametrize("slash", ["", "/"])
async def test_the_list_has_ehrbases_shape(
    service: Any, cdr: Any, base: str, template_id: str, make_opt: MakeOpt, slash: str
) -> None:
    await service.upload(make_opt(template_id), base)
    refused = make_opt(f"{template_id} refused", ("<description>", "<view>"), ("</description>", "</view>"))
    await service.upload(refused, base)

    ours = {each["template_id"]: each for each in (await service.get(base + slash)).json()}
    theirs = {
        each["template_id"]: each
        for each in (await cdr.get("", headers={"Accept": "application/json"})).json()
    }

    assert len(ours[template_id]["created_timestamp"]) == len("2026-11-22T10:00:00.000Z")
    same = ours[template_id], theirs[template_id]
    times = [datetime.fromisoformat(each.pop("created_timestamp")) for each in same]
    assert same[0] == same[1]
    assert abs((times[0] - times[1]).total_seconds()) < 300
    assert f"{template_id} refused" not in ours


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/xml", "application/xml"),
        ("text/xml", "text/xml; charset=utf-8"),
        ("*/*", "application/xml"),
        ("application/json", "application/json"),
        (WEB_TEMPLATE, WEB_TEMPLATE),
    ],
)
async def test_a_template_comes_as_document_or_web_template(
    service: Any, cdr: Any, path: str, accept: str, media_type: str
) -> None:
    held = await cdr.get(f"/{path.rpartition('/')[2]}", headers={"Accept": WEB_TEMPLATE})

    answer = await service.get(path, Accept=accept)
    kept = await service.get(path, Accept=accept, **{"If-None-Match": answer.headers["etag"]})

    assert answer.headers["content-type"] == media_type
    assert "xml" in media_type or answer.json() == held.json()
    assert answer.content.startswith(b"<?xml") == ("xml" in media_type)
    assert kept.status_code == 304


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("", "application/json", "application/json"),
        ("", "*/*", "application/json"),
        ("", "application/xml", "application/xml"),
        ("", "application/openehr.wt.flat+json", "application/openehr.wt.flat+json"),
        ("", "application/openehr.wt.flat.schema+json", "application/openehr.wt.flat.schema+json"),
        ("", "application/openehr.wt.structured+json", "application/openehr.wt.structured+json"),
        ("?format=FLAT", "application/json", "application/openehr.wt.flat.schema+json"),
        ("?format=JSON", "*/*", "application/json"),
        ("?format=STRUCTURED", "*/*", "application/openehr.wt.structured.schema+json"),
    ],
)
async def test_an_example_comes_in_the_format_asked_for(
    service: Any, path: str, query: str, accept: str, media_type: str
) -> None:
    answer = await service.get(f"{path}/example{query}", Accept=accept)

    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    first = {"flat": b'"vital_signs/', "structured": b'"vital_signs":', "xml": b"<composition"}
    expected = next((text for name, text in first.items() if name in media_type), b'"_type":"COMPOSITION"')
    assert expected in answer.content[:300]


async def test_what_there_is_not_is_not_found_or_not_acceptable(service: Any, base: str) -> None:
    unknown = [await service.get(f"{base}/unknown{form}") for form in ("", "/example")]

    assert {answer.status_code for answer in unknown} == {404}
    assert {answer.json()["error"] for answer in unknown} == {"Not Found"}
    assert (await service.get(f"{base}/unknown", Accept="text/html")).status_code == 406
    assert (await service.client.delete(f"{base}/unknown", headers=service.headers())).status_code == 403
