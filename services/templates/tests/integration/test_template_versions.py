"""A template has versions: drafts, what replaces what, what is retired and what may be deleted."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest
from openward_contracts.templates import TemplateRetired
from openward_testkit.events import EventCatcher, about
from openward_testkit.nats import NatsServer

BASE = "/api/templates/v1/templates"
ADL = "/openehr/v1/definition/template/adl1.4"
ALL = "user/template-*.cruds"
MakeOpt = Callable[..., bytes]
Use = Callable[[str], Awaitable[str]]

#: Other texts only; a path that is another one; more than before.
REWORDED = ("Highest pressure of a heart beat", "The highest pressure of a beat")
RENAMED = ("Blood pressure", "Pressure")
WIDER = ("<upper>1000.0</upper>", "<upper>1200.0</upper>")
UNDESCRIBED = ("<description>", "<description/><view>"), ("</description>", "</view>")


def path_of(template_id: str, *steps: str) -> str:
    return "/".join([f"{BASE}/{quote(template_id, safe='')}", *steps])


async def send(service: Any, method: str, path: str, scope: str = ALL) -> Any:
    return await service.client.request(method, path, headers=service.headers(scope=scope))


async def versions(service: Any, template_id: str) -> dict[str, str]:
    """State by version, the highest first."""
    answer = await service.get(path_of(template_id, "versions"))
    return {each["version"]: each["state"] for each in answer.json()["items"]}


async def test_a_draft_is_kept_and_not_given_to_ehrbase(
    service: Any, cdr: Any, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    opt = make_opt(template_id)

    made = await service.upload(opt, f"{BASE}?draft=true")
    again = await service.upload(opt, f"{BASE}?draft=true")

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json() == await service.read(template_id)
    assert (made.json()["state"], made.json()["cdr_state"]) == ("draft", "none")
    assert (await cdr.get(f"/{quote(template_id)}")).status_code == 404
    assert (await service.get(path_of(template_id, "web-template"))).status_code == 409
    listed = [each["template_id"] for each in (await service.get(ADL)).json()]
    assert template_id not in listed
    assert (await service.get(f"{ADL}/{quote(template_id)}")).status_code == 404
    document = await service.get(path_of(template_id, "versions", "1.0.0"), Accept="application/xml")
    assert document.content == opt
    assert await outbox.subjects(template_id) == ["uploaded"]


async def test_a_draft_is_published_once(
    service: Any, cdr: Any, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id), f"{BASE}?draft=true&version=0.3.0")
    publish = path_of(template_id, "versions", "0.3.0", "publish")

    answers = [await send(service, "POST", publish) for _ in range(2)]

    assert [(a.status_code, a.json()["state"]) for a in answers] == [(200, "published")] * 2
    assert answers[0].json() == answers[1].json()
    assert (await cdr.get(f"/{quote(template_id)}")).status_code == 200
    assert await outbox.subjects(template_id) == ["uploaded", "published"]
    same = await service.upload(make_opt(template_id))
    assert (same.status_code, same.json()["version"]) == (200, "0.3.0")


async def test_a_draft_that_is_sent_to_be_published_is(
    service: Any, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id), f"{BASE}?draft=true")

    made = await service.upload(make_opt(template_id))

    assert (made.status_code, made.json()["state"], made.json()["uploads"]) == (201, "published", 1)
    assert await outbox.subjects(template_id) == ["uploaded", "published"]


@pytest.mark.parametrize(("change", "version"), [(REWORDED, "1.0.1"), (WIDER, "1.1.0"), (RENAMED, "2.0.0")])
async def test_the_next_version_follows_from_what_has_changed(
    service: Any, cdr: Any, template_id: str, make_opt: MakeOpt, change: Any, version: str
) -> None:
    await service.upload(make_opt(template_id))

    made = await service.upload(make_opt(template_id, change))

    assert (made.status_code, made.json()["version"], made.json()["state"]) == (201, version, "published")
    assert await versions(service, template_id) == {version: "published", "1.0.0": "published"}
    assert change[1] in (await cdr.get(f"/{quote(template_id)}")).text
    old = await service.get(path_of(template_id, "versions", "1.0.0"), Accept="application/xml")
    assert old.content == make_opt(template_id)


async def test_a_version_lower_than_demanded_is_refused_with_the_demanded_one(
    service: Any, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id))

    low = await service.upload(make_opt(template_id, RENAMED), f"{BASE}?version=1.5.0")
    odd = await service.upload(make_opt(template_id, RENAMED), f"{BASE}?version=two")
    taken = await service.upload(make_opt(template_id), f"{BASE}?version=1.5.0")

    assert (low.status_code, low.json()["code"]) == (422, "template-version-too-low")
    assert low.json()["demanded"] == "2.0.0"
    assert (odd.status_code, odd.json()["code"]) == (422, "template-version-invalid")
    assert (taken.status_code, taken.json()["code"]) == (409, "template-version-taken")
    assert await versions(service, template_id) == {"1.0.0": "published"}
    assert await outbox.subjects(template_id) == ["uploaded", "published"]


async def test_what_breaks_nothing_replaces_what_compositions_use(
    service: Any, cdr: Any, use: Use, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id))
    composition = await use(template_id)
    before = (await cdr.get(composition)).json()

    made = await service.upload(make_opt(template_id, WIDER))

    assert (made.status_code, made.json()["version"], made.json()["cdr_state"]) == (201, "1.1.0", "held")
    assert (await cdr.get(composition)).json() == before
    aql = (
        "select c/uid/value from EHR e contains COMPOSITION c"
        f" where c/archetype_details/template_id/value = '{template_id}'"
    )
    found = await cdr.post(f"{composition.partition('/ehr/')[0]}/query/aql", json={"q": aql})
    assert len(found.json()["rows"]) == 1
    assert (await cdr.get(composition, params={"format": "FLAT"})).status_code == 200
    await use(template_id)


async def test_what_breaks_stored_compositions_is_refused_and_changes_nothing(
    service: Any, cdr: Any, use: Use, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id))
    await use(template_id)

    refused = await service.upload(make_opt(template_id, RENAMED))
    shown = await service.read(template_id)
    better = await service.upload(make_opt(template_id, WIDER))

    assert (refused.status_code, refused.json()["code"]) == (409, "template-change-breaking")
    assert {"kind": "node-renamed", "verdict": "breaking"}.items() <= refused.json()["changes"][0].items()
    assert (shown["version"], shown["state"], shown["cdr_state"]) == ("1.0.0", "published", "held")
    assert {each["version"]: each["state"] for each in shown["versions"]}["2.0.0"] == "refused"
    assert "Pressure (" not in (await cdr.get(f"/{quote(template_id)}")).text
    assert (better.status_code, better.json()["version"]) == (201, "1.1.0")
    assert await outbox.subjects(template_id) == [
        "uploaded",
        "published",
        "uploaded",
        "uploaded",
        "published",
    ]


async def test_what_ehrbase_refuses_leaves_what_was_published(
    service: Any, cdr: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id))

    refused = await service.upload(make_opt(template_id, RENAMED, *UNDESCRIBED))

    assert (refused.status_code, refused.json()["code"]) == (422, "template-refused")
    assert (await service.read(template_id))["state"] == "published"
    assert "Blood pressure" in (await cdr.get(f"/{quote(template_id)}")).text


async def test_a_retired_version_is_offered_no_more(
    service: Any, cdr: Any, outbox: Any, template_id: str, make_opt: MakeOpt, nats_server: NatsServer
) -> None:
    made = (await service.upload(make_opt(template_id))).json()
    retire = path_of(template_id, "versions", "1.0.0", "retire")
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "TEMPLATES").watching() as catcher,
    ):
        answers = [await send(service, "POST", retire) for _ in range(2)]
        told = await catcher.wait_for(TemplateRetired, about(template_id))

    assert [(a.status_code, a.json()["state"]) for a in answers] == [(200, "retired")] * 2
    assert (told.data.semantic_version, told.data.sha256) == ("1.0.0", made["sha256"])
    assert (await cdr.get(f"/{quote(template_id)}")).status_code == 404
    assert template_id not in [each["template_id"] for each in (await service.get(ADL)).json()]
    assert (await service.read(template_id))["state"] == "retired"
    assert await outbox.subjects(template_id) == ["uploaded", "published", "retired"]
    same = await service.upload(make_opt(template_id), f"{BASE}?version=1.0.0")
    publish = await send(service, "POST", path_of(template_id, "versions", "1.0.0", "publish"))
    assert {(a.status_code, a.json()["code"]) for a in (same, publish)} == {(409, "template-retired")}
    again = await service.upload(make_opt(template_id))
    assert (again.status_code, again.json()["version"]) == (201, "1.0.1")


async def test_a_retired_template_that_compositions_use_stays_in_ehrbase(
    service: Any, cdr: Any, use: Use, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id))
    composition = await use(template_id)

    retired = await send(service, "POST", path_of(template_id, "versions", "1.0.0", "retire"))

    assert (retired.status_code, retired.json()["state"]) == (200, "retired")
    assert (await service.read(template_id))["cdr_state"] == "kept"
    assert (await service.get(f"{ADL}/{quote(template_id)}")).content == make_opt(template_id)
    assert (await cdr.get(composition)).status_code == 200


async def test_when_the_highest_version_is_retired_ehrbase_goes_back(
    service: Any, cdr: Any, template_id: str, make_opt: MakeOpt
) -> None:
    for change in ((), (RENAMED,)):
        await service.upload(make_opt(template_id, *change))

    await send(service, "POST", path_of(template_id, "versions", "2.0.0", "retire"))

    assert (await service.read(template_id))["version"] == "1.0.0"
    assert "Blood pressure" in (await cdr.get(f"/{quote(template_id)}")).text


async def test_only_what_was_never_published_is_deleted(
    service: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id))
    await service.upload(make_opt(template_id, RENAMED), f"{BASE}?draft=true")

    draft = await send(service, "DELETE", path_of(template_id, "versions", "2.0.0"))
    gone = await send(service, "DELETE", path_of(template_id, "versions", "2.0.0"))
    published = await send(service, "DELETE", path_of(template_id, "versions", "1.0.0"))
    retire_draft = await send(service, "POST", path_of(template_id, "versions", "9.0.0", "retire"))

    assert draft.status_code == 204
    assert (gone.status_code, gone.json()["code"]) == (404, "template-version-not-found")
    assert (published.status_code, published.json()["code"]) == (409, "template-published")
    assert retire_draft.status_code == 404
    assert await versions(service, template_id) == {"1.0.0": "published"}


async def test_a_template_whose_only_draft_was_deleted_is_not_there_and_can_come_again(
    service: Any, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id), f"{BASE}?draft=true")
    await send(service, "DELETE", path_of(template_id, "versions", "1.0.0"))

    gone = await service.get(path_of(template_id))
    again = await service.upload(make_opt(template_id))

    assert gone.status_code == 404
    assert (again.status_code, again.json()["version"]) == (201, "1.0.0")
    assert await outbox.subjects(template_id) == ["uploaded", "uploaded", "published"]


async def test_ehrbases_clients_delete_what_nothing_uses(
    service: Any, cdr: Any, use: Use, template_id: str, make_opt: MakeOpt
) -> None:
    used = f"{template_id} used"
    for name in (template_id, used):
        await service.upload(make_opt(name), ADL)
    await use(used)

    unused = await send(service, "DELETE", f"{ADL}/{quote(template_id)}")
    gone = await send(service, "DELETE", f"{ADL}/{quote(template_id)}")
    in_use = await send(service, "DELETE", f"{ADL}/{quote(used)}")
    again = await service.upload(make_opt(template_id), ADL)

    assert (unused.status_code, unused.content) == (204, b"")
    assert gone.status_code == 404
    assert (in_use.status_code, in_use.json()["code"]) == (409, "template-in-use")
    assert (await cdr.get(f"/{quote(used)}")).status_code == 200
    assert again.status_code == 201


@pytest.mark.parametrize(
    ("method", "steps", "letter"),
    [
        ("POST", ("versions", "1.0.0", "publish"), "u"),
        ("POST", ("versions", "1.0.0", "retire"), "u"),
        ("DELETE", ("versions", "1.0.0"), "d"),
    ],
)
async def test_who_may_not_change_a_template_does_not(
    service: Any, template_id: str, make_opt: MakeOpt, method: str, steps: tuple[str, ...], letter: str
) -> None:
    await service.upload(make_opt(template_id), f"{BASE}?draft=true")

    others = "cruds".replace(letter, "")
    refused = await send(service, method, path_of(template_id, *steps), f"user/template-*.{others}")

    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")
    assert await versions(service, template_id) == {"1.0.0": "draft"}


async def test_findings_are_kept_with_the_version(service: Any, template_id: str, make_opt: MakeOpt) -> None:
    opt = make_opt(template_id, *UNDESCRIBED)
    line = opt[: opt.index(b"<description")].count(b"\n") + 1

    refused = await service.upload(opt)
    kept = (await service.get(path_of(template_id, "versions", "1.0.0", "findings"))).json()["items"]
    details = (await service.get(path_of(template_id, "versions", "1.0.0"))).json()

    assert kept == details["findings"] == (await service.read(template_id))["findings"]
    assert kept
    assert {each["severity"] for each in kept} <= {"error", "warning", "info"}
    assert [error["path"] for error in refused.json()["errors"]] == [
        f"line {each['line']}, column {each['column']}" for each in kept
    ]
    assert line in {each["line"] for each in kept}
