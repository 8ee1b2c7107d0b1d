"""Templates are listed and read, whole and in derived forms, by who may."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from openward_cli.demo import vital_signs
from openward_contracts.access import RecordDenied
from openward_testkit.events import EventCatcher
from openward_testkit.nats import NatsServer

BASE = "/api/templates/v1/templates"
MakeOpt = Callable[..., bytes]


@pytest.fixture(scope="module")
async def path(service: Any) -> str:
    """Of a published template."""
    opt = vital_signs.opt().replace(vital_signs.TEMPLATE_ID.encode(), f"read {uuid4().hex}".encode())
    location: str = (await service.upload(opt)).headers["location"]
    return location


@pytest.mark.parametrize("wanted", ["application/json", "application/xml", "text/xml"])
async def test_a_reader_that_has_it_is_not_sent_it_again(service: Any, path: str, wanted: str) -> None:
    first = await service.get(path, Accept=wanted)
    tag = first.headers["etag"]

    kept = [
        await service.get(path, Accept=wanted, **{"If-None-Match": known})
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*")
    ]
    changed = await service.get(path, Accept=wanted, **{"If-None-Match": '"other"'})

    assert first.headers["content-type"].startswith(wanted)
    assert first.headers["vary"] == "Accept"
    assert {(answer.status_code, answer.content, answer.headers["etag"]) for answer in kept} == {
        (304, b"", tag)
    }
    assert changed.content == first.content


async def test_the_document_has_the_tag_of_its_upload(service: Any, path: str) -> None:
    document = await service.get(path, Accept="application/xml")
    known = await service.get(path)

    assert document.headers["etag"] == f'"{known.json()["sha256"]}"' != known.headers["etag"]


async def test_the_web_template_is_ehrbases(service: Any, cdr: Any, path: str) -> None:
    held = await cdr.get(f"/{path.rpartition('/')[2]}", headers={"Accept": "application/openehr.wt+json"})

    answer = await service.get(f"{path}/web-template")
    again = await service.get(f"{path}/web-template", **{"If-None-Match": answer.headers["etag"]})

    assert answer.json() == held.json()
    assert answer.headers["content-type"] == "application/openehr.wt+json"
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("form", "holds"),
    [
        ("FLAT", "vital_signs/blood_pressure/any_event:0/systolic|magnitude"),
        ("STRUCTURED", "vital_signs"),
        ("CANONICAL", "_type"),
    ],
)
async def test_an_example_comes_in_each_format(service: Any, path: str, form: str, holds: str) -> None:
    answer = await service.get(f"{path}/example?format={form}")
    again = await service.get(f"{path}/example?format={form}", **{"If-None-Match": answer.headers["etag"]})

    assert holds in answer.json()
    assert again.status_code == 304


async def test_an_example_in_xml_is_xml(service: Any, path: str) -> None:
    answer = await service.get(f"{path}/example?format=XML")

    assert answer.headers["content-type"] == "application/xml"
    assert b"<composition" in answer.content[:100]


@pytest.mark.parametrize(
    ("request_path", "status", "code"),
    [
        ("{path}/example?format=SECRET", 422, "invalid-request"),
        (f"{BASE}/unknown", 404, "template-not-found"),
        (f"{BASE}/unknown/web-template", 404, "template-not-found"),
        (f"{BASE}/unknown/example", 404, "template-not-found"),
        (f"{BASE}/%20blank", 404, "template-not-found"),
        (f"{BASE}/a%00b", 404, "template-not-found"),
        (f"{BASE}/a;b", 404, "template-not-found"),
        (f"{BASE}/a%2525b", 404, "template-not-found"),
        (f"{BASE}/{'x' * 256}", 404, "template-not-found"),
        (f"{BASE}/a%2Fb", 404, "not-found"),
        (f"{BASE}?limit=101", 422, "invalid-request"),
        (f"{BASE}?limit=0", 422, "invalid-request"),
        (f"{BASE}?cursor=SECRET", 422, "cursor-invalid"),
    ],
)
async def test_what_is_not_there_or_not_meant_so_is_said(
    service: Any, path: str, request_path: str, status: int, code: str
) -> None:
    answer = await service.get(request_path.format(path=path))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "SECRET" not in answer.text


async def test_a_form_that_there_is_not_is_not_acceptable(service: Any, path: str) -> None:
    assert (await service.get(path, Accept="text/html")).status_code == 406


async def test_of_what_is_refused_nothing_is_derived(
    service: Any, template_id: str, make_opt: MakeOpt
) -> None:
    opt = make_opt(template_id, ("<description>", "<view>"), ("</description>", "</view>"))
    await service.upload(opt)
    path = f"{BASE}/{quote(template_id)}"

    derived = [await service.get(f"{path}/{form}") for form in ("web-template", "example")]
    document = await service.get(path, Accept="application/xml")

    assert {(a.status_code, a.json()["code"]) for a in derived} == {(409, "template-not-published")}
    assert document.content == opt


async def test_what_is_no_composition_has_no_example(
    service: Any, template_id: str, make_opt: MakeOpt
) -> None:
    opt = make_opt(
        template_id,
        ("COMPOSITION.encounter.v1", "SECTION.encounter.v1"),
        ("<rm_type_name>COMPOSITION", "<rm_type_name>SECTION"),
    )
    path = (await service.upload(opt)).headers["location"]

    answer = await service.get(f"{path}/example")

    assert (answer.status_code, answer.json()["code"]) == (409, "example-impossible")
    assert (await service.get(f"{path}/web-template")).status_code == 200


async def test_the_list_gives_each_template_once_in_order(service: Any, make_opt: MakeOpt) -> None:
    names = [f"list {letter} {uuid4().hex}" for letter in ("b", "A", "a", "é", "Z", "_", "10", "9")]
    for name in names:
        await service.upload(make_opt(name))

    listed: list[str] = []
    cursor = ""
    while True:
        page = (await service.get(f"{BASE}?limit=3{cursor}")).json()
        assert len(page["items"]) <= 3
        listed += [item["template_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert listed == sorted(listed)
    assert set(names) <= set(listed)
    assert len(listed) == len(set(listed))


async def test_a_cursor_is_its_callers_own(service: Any, template_id: str, make_opt: MakeOpt) -> None:
    for name in (template_id, f"{template_id} too"):
        await service.upload(make_opt(name))
    cursor = (await service.get(f"{BASE}?limit=1")).json()["next_cursor"]

    other = await service.client.get(
        f"{BASE}?cursor={cursor}", headers=service.headers("clinician", "user/template-*.r")
    )

    assert (other.status_code, other.json()["code"]) == (422, "cursor-invalid")


async def test_the_list_shows_what_the_scope_allows(
    service: Any, template_id: str, make_opt: MakeOpt
) -> None:
    for name in (template_id, f"other {template_id}"):
        await service.upload(make_opt(name))
    headers = service.headers("clinician", f"user/template-{quote(template_id)}.r")

    page = (await service.client.get(f"{BASE}?limit=100", headers=headers)).json()

    assert [item["template_id"] for item in page["items"]] == [template_id]


@pytest.mark.parametrize(
    ("role", "scope", "may_read", "may_upload"),
    [
        ("template-author", "user/template-*.cr", True, True),
        ("template-author", "user/template-*.r", True, False),
        ("template-author", "user/template-*.c", False, True),
        ("template-author", "user/template-right*.cr", True, True),
        ("template-author", "user/template-wrong*.cr", False, False),
        ("template-author", "user/composition-*.cruds", False, False),
        ("template-author", "", False, False),
        ("clinician", "user/template-*.cr", True, False),
        ("clerk", "user/template-*.cr", False, False),
        ("patient", "patient/template-*.cr", False, False),
        ("auditor", "user/template-*.cr", False, False),
    ],
)
async def test_role_and_scope_are_both_needed(
    service: Any, make_opt: MakeOpt, role: str, scope: str, *, may_read: bool, may_upload: bool
) -> None:
    name = f"right {uuid4().hex}"
    await service.upload(make_opt(name))
    headers = service.headers(role, scope, **{"Content-Type": "application/xml"})
    path = f"{BASE}/{quote(name)}"

    reads = [
        await service.client.get(f"{path}{form}", headers=headers)
        for form in ("", "/web-template", "/example?format=FLAT")
    ]
    upload = await service.client.post(BASE, content=make_opt(name), headers=headers)

    assert {answer.status_code for answer in reads} == {200 if may_read else 403}
    assert upload.status_code == (200 if may_upload else 403)


async def test_who_may_not_read_learns_nothing_of_what_there_is(service: Any, path: str) -> None:
    headers = service.headers("clinician", "user/template-mine.r")

    answers = [
        await service.client.get(one, headers=headers) for one in (path, f"{BASE}/unknown", f"{BASE}/%20")
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_without_a_token_nothing_is_answered_or_read(service: Any, path: str) -> None:
    xml = {"Content-Type": "application/xml"}
    for answer in (
        await service.client.get(BASE),
        await service.client.get(path),
        await service.client.get(f"{path}/web-template"),
        await service.client.get(f"{path}/example"),
        await service.client.post(BASE, content=b"<t/>", headers=xml),
    ):
        assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")


async def test_a_refused_caller_is_on_record(
    service: Any, make_opt: MakeOpt, template_id: str, nats_server: NatsServer
) -> None:
    headers = service.headers(
        "template-author", "user/template-mine.c", **{"Content-Type": "application/xml"}
    )
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        answer = await service.client.post(BASE, content=make_opt(template_id), headers=headers)
        request_id = answer.headers["x-request-id"]
        denied = await catcher.wait_for(RecordDenied, lambda e: e.envelope.correlationid == request_id)

    assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied")
    assert (denied.data.resource, denied.data.action, denied.data.reason) == (
        "template",
        "create",
        "scope-missing",
    )
    assert denied.envelope.authid == "template-author-1"
    assert (await service.get(f"{BASE}/{quote(template_id)}")).status_code == 404


async def test_it_is_ready_and_says_of_what(service: Any) -> None:
    async with asyncio.timeout(30):  # each is given two seconds to answer
        while '"down"' in (ready := await service.client.get("/readyz")).text:
            await asyncio.sleep(0.2)

    assert ready.status_code == 200
    dependencies = ready.json()["dependencies"]
    assert {name: state["state"] for name, state in dependencies.items()} == dict.fromkeys(dependencies, "up")
    assert {"database", "ehrbase", "identity", "nats"} <= set(dependencies)


async def test_its_openapi_document_names_every_operation_once(service: Any) -> None:
    paths = (await service.client.get("/api/templates/v1/openapi.json")).json()["paths"]
    operations = [operation["operationId"] for path in paths.values() for operation in path.values()]

    assert len(operations) == len(set(operations)) > 20
    assert not [path for path in paths if path.startswith("/ehrbase") or path.endswith("/")]
