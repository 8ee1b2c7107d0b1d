"""One patient's visit: what a working system answers to everybody who has to do with it."""

import asyncio
import time
from collections import Counter
from typing import Any

from openward_cli.demo import trail, vital_signs

from openward_testkit.clinic import AUDITOR, CLINICIAN, SYSTOLIC, Clinic, Person

_AUDIT_SECONDS = 30.0


async def visit(clinic: Clinic) -> None:
    """Registration, EHR, a composition written, corrected, read and queried, templates, audit.

    AssertionError at the first answer that is not as it should be.
    """
    person = await clinic.register()
    await clinic.until_ready(person)
    written = await clinic.record(person, 118)
    corrected = await clinic.correct(person, written, 119)
    read = await clinic.read(person, corrected)
    assert (read.status, read.value(SYSTOLIC)) == (200, 119), read
    asked = await clinic.query(person)
    assert (asked.status, asked.value("rows")) == (200, [[corrected, 119]]), asked
    await _templates_are_listed(clinic)
    deeds = [(trail.REGISTERED, None), (trail.EHR_CREATED, None), (trail.CREATED, written)]
    deeds += [(trail.UPDATED, corrected), (trail.READ, corrected), (trail.QUERIED, None)]
    await _audit_shows(clinic, person, deeds)


async def _templates_are_listed(clinic: Clinic) -> None:
    """Others may have uploaded more than a page of them."""
    sought = {"name": vital_signs.TEMPLATE_ID}
    listed = await clinic.insist(CLINICIAN, "GET", "/api/templates/v1/templates", params=sought)
    assert listed.status == 200, listed
    assert vital_signs.TEMPLATE_ID in [template["template_id"] for template in listed.value("items")]


async def _audit_shows(clinic: Clinic, person: Person, deeds: list[tuple[str, str | None]]) -> None:
    """Each once, after a while."""
    give_up = time.monotonic() + _AUDIT_SECONDS
    params = {"patient_id": person.patient_id, "limit": 200}
    while True:
        answer = await clinic.insist(AUDITOR, "GET", "/api/audit/v1/entries", params=params)
        assert answer.status == 200, answer
        # That the auditor looks is on record too.
        entries = [entry for entry in answer.value("items") if entry["actor"] != AUDITOR]
        found = Counter((entry["kind"], _uid(entry)) for entry in entries)
        if all(found[deed] == 1 for deed in deeds):
            return
        assert time.monotonic() < give_up, f"{deeds} are not each once in {found}"
        await asyncio.sleep(0.3)


def _uid(entry: dict[str, Any]) -> str | None:
    """Of a composition; an EHR has versions too."""
    return None if entry["kind"] == trail.EHR_CREATED else entry["version_uid"]
