"""A template comes in, and what becomes of it."""

import hashlib
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from openward_contracts.templates import TemplatePublished, TemplateUploaded
from openward_testkit.events import EventCatcher, about
from openward_testkit.nats import NatsServer

BASE = "/api/templates/v1/templates"
MakeOpt = Callable[..., bytes]

BETTER = ("Blood pressure", "Blood pressure, sitting")
#: EHRbase answers 400 to it.
UNDESCRIBED = ("<description>", "<description/><view>"), ("</description>", "</view>")


def held_path(template_id: str) -> str:
    return f"/{quote(template_id, safe='')}"


async def test_an_uploaded_template_is_published(
    service: Any, cdr: Any, template_id: str, make_opt: MakeOpt
) -> None:
    opt = make_opt(template_id)

    made = await service.upload(opt)

    assert made.status_code == 201
    assert made.headers["location"] == f"{BASE}/{quote(template_id)}"
    assert made.headers["etag"] == f'"{hashlib.sha256(opt).hexdigest()}"'
    said = made.json()
    assert (said["template_id"], said["version"], said["state"]) == (template_id, "1.0.0", "published")
    assert (said["uploads"], said["cdr_state"]) == (1, "held")
    assert (said["sha256"], said["size"]) == (hashlib.sha256(opt).hexdigest(), len(opt))
    assert said["archetype_id"] == "openEHR-EHR-COMPOSITION.encounter.v1"
    assert (said["uploaded_by"], said["refusal"]) == ("template-author-1", None)
    assert await service.read(template_id) == said
    assert (await cdr.get(held_path(template_id))).status_code == 200


async def test_its_events_say_which_bytes_and_nothing_of_them(
    service: Any, template_id: str, make_opt: MakeOpt, nats_server: NatsServer
) -> None:
    opt = make_opt(template_id)
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "TEMPLATES").watching() as catcher,
    ):
        made = await service.upload(opt)
        uploaded = await catcher.wait_for(TemplateUploaded, about(template_id))
        published = await catcher.wait_for(TemplatePublished, about(template_id))

    assert uploaded.data.model_dump() == published.data.model_dump()
    assert (uploaded.data.template_id, uploaded.data.version) == (template_id, 1)
    assert uploaded.data.semantic_version == "1.0.0"
    assert uploaded.data.sha256 == hashlib.sha256(opt).hexdigest()
    assert [event.envelope.sequence for event in (uploaded, published)] == [f"{1:020}", f"{2:020}"]
    for event in (uploaded, published):
        assert event.envelope.authid == "template-author-1"
        assert event.envelope.correlationid == made.headers["x-request-id"]
        assert b"pressure" not in event.body()


async def test_the_same_bytes_again_change_nothing(
    service: Any, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    first = await service.upload(make_opt(template_id))

    again = await service.upload(make_opt(template_id))

    assert again.status_code == 200
    assert again.json() == first.json()
    assert [again.headers[name] for name in ("etag", "location")] == [
        first.headers[name] for name in ("etag", "location")
    ]
    assert await outbox.subjects(template_id) == ["uploaded", "published"]


async def test_what_ehrbase_refuses_can_be_replaced(
    service: Any, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    refused = await service.upload(make_opt(template_id, *UNDESCRIBED))
    stored = await service.read(template_id)
    twice = await service.upload(make_opt(template_id, *UNDESCRIBED))
    replaced = await service.upload(make_opt(template_id))

    for answer in (refused, twice):
        assert (answer.status_code, answer.json()["code"]) == (422, "template-refused")
        assert answer.json()["detail"] == "The template has no description."
    assert (stored["state"], stored["refusal"]) == ("refused", "The template has no description.")
    assert replaced.status_code == 201
    assert (replaced.json()["version"], replaced.json()["state"]) == ("1.0.0", "published")
    assert (replaced.json()["uploads"], len(replaced.json()["versions"])) == (3, 1)
    assert replaced.json()["refusal"] is None
    assert await outbox.subjects(template_id) == ["uploaded", "uploaded", "uploaded", "published"]


async def test_a_template_that_makes_ehrbase_stumble_is_refused(
    service: Any, cdr: Any, template_id: str, make_opt: MakeOpt
) -> None:
    text = make_opt(template_id).decode()
    empty = re.sub(
        "<attributes .*</definition>",
        "<archetype_id><value>openEHR-EHR-COMPOSITION.encounter.v1</value></archetype_id></definition>",
        text,
        flags=re.DOTALL,
    )
    empty = re.sub("<occurrences>.*<archetype_id>", "<archetype_id>", empty, flags=re.DOTALL)
    assert (await cdr.post("", content=empty, headers={"Content-Type": "application/xml"})).status_code == 500

    refused = await service.upload(empty.encode())

    assert (refused.status_code, refused.json()["code"]) == (422, "template-refused")
    assert (await service.read(template_id))["state"] == "refused"
    assert (await service.upload(text.encode())).status_code == 201


@pytest.mark.parametrize(
    ("old", "new"), [("\n", "\r\n"), ("\n ", "\n\t"), ("<concept>", "<!-- said -->\n<concept>")]
)
async def test_what_ehrbase_holds_already_is_published(
    service: Any, cdr: Any, template_id: str, make_opt: MakeOpt, old: str, new: str
) -> None:
    held = make_opt(template_id, (old, new))
    await cdr.post("", content=held, headers={"Content-Type": "application/xml"})

    made = await service.upload(make_opt(template_id))

    assert (made.status_code, made.json()["state"]) == (201, "published")


async def test_what_ehrbase_holds_and_nobody_here_would_read_is_different(
    service: Any, cdr: Any, template_id: str, make_opt: MakeOpt
) -> None:
    held = make_opt(template_id, ("<concept>", "<?made by-hand?><concept>"))
    await cdr.post("", content=held, headers={"Content-Type": "application/xml"})

    refused = await service.upload(make_opt(template_id))

    assert (refused.status_code, refused.json()["code"]) == (409, "template-held-differently")


async def test_what_ehrbase_holds_differently_is_refused(
    service: Any, cdr: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await cdr.post("", content=make_opt(template_id, BETTER), headers={"Content-Type": "application/xml"})

    refused = await service.upload(make_opt(template_id))
    stored = await service.read(template_id)
    same = await service.upload(make_opt(template_id, BETTER))

    assert (refused.status_code, refused.json()["code"]) == (409, "template-held-differently")
    assert stored["state"] == "refused"
    assert (same.status_code, same.json()["uploads"]) == (201, 2)


@pytest.mark.parametrize(
    "name",
    [
        "with blanks.v1",
        "Körpergröße & 体重",
        "a?b#c=d",
        "plus+minus-[x]{y}",
        "org::x.v1",
        '"quoted"',
        "x" * 220,
    ],
)
async def test_ids_of_all_kinds_can_be_asked_for(service: Any, make_opt: MakeOpt, name: str) -> None:
    template_id = f"{uuid4().hex} {name}"
    opt = make_opt(template_id.replace("&", "&amp;"))

    made = await service.upload(opt)

    assert made.status_code == 201
    location = made.headers["location"]
    assert (await service.get(location)).json()["template_id"] == template_id
    assert (await service.get(location, Accept="application/xml")).content == opt
    assert (await service.get(f"{location}/web-template")).json()["templateId"] == template_id
    assert (await service.get(f"{location}/example")).status_code == 200


@pytest.mark.parametrize("padding", [1_500_000, 18_500_000])
async def test_a_large_template_is_kept_byte_for_byte(
    service: Any, cdr: Any, template_id: str, make_opt: MakeOpt, padding: int
) -> None:
    words = "Shown when somebody wants to know more. "
    items = f'<items id="text">{words * 25}</items>'
    view = f"<view>{items * (padding // len(items))}</view>"
    opt = make_opt(template_id, ("</template>", f"{view}</template>"))

    made = await service.upload(opt)

    assert made.status_code == 201
    read = await service.get(made.headers["location"], Accept="application/xml")
    assert hashlib.sha256(read.content).hexdigest() == hashlib.sha256(opt).hexdigest()
    assert len((await cdr.get(held_path(template_id))).content) > padding * 0.9


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"<t/>", "application/json", 415, "xml-expected"),
        (b"<t/>", "", 415, "xml-expected"),
        (b"<t/>", "application/xml; charset=utf-16", 415, "xml-expected"),
        (b"<t/>", "application/xml; charset=utf-8; charset=iso-8859-1", 415, "xml-expected"),
        (b"<t/>", "application/xml; charset=ISO-8859-1", 422, "not-an-operational-template"),
        (b"<t/>", "application/xml; charset=UTF-8", 422, "not-an-operational-template"),
        (b"<t/>", 'text/xml;charset="utf-8"', 422, "not-an-operational-template"),
        (b"", "application/xml", 422, "template-malformed"),
        (b"<!DOCTYPE t [<!ENTITY a 'x'>]><t>&a;</t>", "application/xml", 422, "template-xml-forbidden"),
        (b"<t>" * 300, "application/xml", 422, "template-too-complex"),
        (b"archetype (adl_version=1.4)\n", "text/xml", 422, "not-an-operational-template"),
        (b"<t>" + b"x" * 20_000_000, "application/xml", 413, "body-too-large"),
    ],
)
async def test_what_is_no_template_is_refused(
    service: Any, body: bytes, content_type: str, status: int, code: str
) -> None:
    answer = await service.upload(body, **{"Content-Type": content_type})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_problem_names_the_place_and_not_the_content(
    service: Any, template_id: str, make_opt: MakeOpt
) -> None:
    answer = await service.upload(make_opt(template_id)[:5000] + b"<SECRET")

    assert answer.json()["code"] == "template-malformed"
    assert re.fullmatch(r"line \d+, column \d+", answer.json()["errors"][0]["path"])
    assert "SECRET" not in answer.text
