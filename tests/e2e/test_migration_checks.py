"""An author learns through the gateway which of the stored compositions a draft would not take."""

import asyncio
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from openward_cli.demo import vital_signs
from openward_cli.demo.client import Client
from openward_testkit.clinic import AUTHOR, CLINICIAN, Clinic, vitals

TEMPLATES = "/api/templates/v1/templates"
XML = {"Content-Type": "application/xml"}


async def test_an_author_learns_what_a_draft_would_not_take(clinic: Clinic, client: Client) -> None:
    template_id = f"e2e_{uuid4().hex[:12]}.v1"
    opt = vital_signs.opt().replace(vital_signs.TEMPLATE_ID.encode(), template_id.encode())
    published = await client.send(AUTHOR, "POST", TEMPLATES, content=opt, headers=XML)
    assert published.status == 201, published
    person = await clinic.register()
    await clinic.until_ready(person)
    written = [await record(client, person.record, template_id, systolic) for systolic in (120, 150, 125)]

    lower = opt.replace(b"<upper>1000.0</upper>", b"<upper>130.0</upper>")
    draft = await client.send(AUTHOR, "POST", f"{TEMPLATES}?draft=true", content=lower, headers=XML)
    assert draft.status == 201, draft
    version = f"{TEMPLATES}/{quote(template_id)}/versions/{draft.value('version')}"
    asked = await client.send(AUTHOR, "POST", f"{version}/migration-checks")
    assert asked.status == 202, asked
    ended = await until_ended(client, f"{version}/migration-checks/{asked.value('check_id')}")
    findings = f"/api/clinical/v1/migration-checks/{asked.value('check_id')}/findings"
    found = await client.send(AUTHOR, "GET", findings)
    refused = await client.send(CLINICIAN, "GET", findings)

    assert (ended["state"], ended["examined"], ended["failing"], ended["total"]) == ("finished", 3, 1, 3)
    assert [problem["rule"] for problem in ended["problems"]] == ["out-of-range"]
    assert [each["version_uid"] for each in found.value("versions")] == [written[1]]
    assert refused.status == 403


async def record(client: Client, path: str, template_id: str, systolic: float) -> str:
    answer = await client.send(
        CLINICIAN,
        "POST",
        f"{path}/compositions",
        params={"template_id": template_id, "format": "FLAT"},
        json=vitals(systolic),
    )
    assert answer.status == 201, answer
    return str(answer.value("version_uid"))


async def until_ended(client: Client, path: str) -> dict[str, Any]:
    async with asyncio.timeout(180):
        while True:
            answer = await client.send(AUTHOR, "GET", path)
            assert answer.status == 200, answer
            body: dict[str, Any] = answer.body
            if body["state"] in ("finished", "failed"):
                return body
            await asyncio.sleep(0.2)
