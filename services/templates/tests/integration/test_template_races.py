"""Many uploads of one id at once, through two replicas."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

BASE = "/api/templates/v1/templates"
MakeOpt = Callable[..., bytes]


async def at_once(opts: list[bytes], *replicas: Any) -> list[Any]:
    """Uploads through the replicas in turn."""
    uploads = (replicas[number % len(replicas)].upload(opt) for number, opt in enumerate(opts))
    return list(await asyncio.gather(*uploads))


async def test_different_documents_at_once_are_versions_and_the_highest_is_what_all_see(
    service: Any, replica: Any, cdr: Any, outbox: Any, make_opt: MakeOpt, template_id: str
) -> None:
    for attempt in range(3):
        name = f"{template_id} {attempt}"
        opts = [make_opt(name, ("Blood pressure", f"Pressure {number}")) for number in range(8)]

        answers = await at_once(opts, service, replica)

        made = {a.json()["version"]: number for number, a in enumerate(answers) if a.status_code == 201}
        others = [answer for answer in answers if answer.status_code != 201]
        assert made
        assert {answer.status_code for answer in others} <= {409, 503}
        assert {answer.json()["code"] for answer in others} <= {"template-exists", "template-busy"}
        winner = made[max(made, key=lambda version: int(version.partition(".")[0]))]
        path = f"{BASE}/{quote(name)}"
        assert (await replica.get(path, Accept="application/xml")).content == opts[winner]
        assert f"Pressure {winner}" in (await cdr.get(f"/{quote(name)}")).text
        assert f"Pressure {winner}" in (await service.get(f"{path}/web-template")).text
        assert await outbox.subjects(name) == ["uploaded", "published"] * len(made)


async def test_the_same_document_at_once_is_published_once(
    service: Any, replica: Any, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    answers = await at_once([make_opt(template_id)] * 8, service, replica)

    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.text for answer in answers}) == 1
    assert await outbox.subjects(template_id) == ["uploaded", "published"]


async def test_a_refused_template_is_replaced(
    service: Any, replica: Any, outbox: Any, template_id: str, make_opt: MakeOpt
) -> None:
    await service.upload(make_opt(template_id, ("<description>", "<view>"), ("</description>", "</view>")))
    opts = [make_opt(template_id, ("Blood pressure", f"Pressure {number}")) for number in range(6)]

    answers = await at_once(opts, service, replica)

    made = [answer.json()["version"] for answer in answers if answer.status_code == 201]
    assert made
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    known = await service.read(template_id)
    assert {each["version"]: each["state"] for each in known["versions"]} == dict.fromkeys(made, "published")
    assert known["uploads"] == 1 + len(made)
    assert await outbox.subjects(template_id) == ["uploaded", *(["uploaded", "published"] * len(made))]
