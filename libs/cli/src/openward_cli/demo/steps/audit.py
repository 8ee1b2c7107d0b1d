"""An auditor lists what happened to a patient, and it is what was done: each thing once, nothing else."""

import asyncio
import time
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from openward_cli.demo import trail
from openward_cli.demo.checks import given, require_none, require_status
from openward_cli.demo.exchange import Exchange
from openward_cli.demo.scene import POLL_SECONDS, Scene
from openward_cli.demo.subject import Subject

AUDIT: Final = "/api/audit/v1"
AUDITOR: Final = "ines"
#: Events take moments to get into the log.
LOG_SECONDS: Final = 10.0
_PAGE: Final = 100


async def list_everything(scene: Scene, subject: Subject) -> None:
    entries = await complete(scene, subject, seconds=LOG_SECONDS)
    scene.screen.table(("when", "who", "what", "composition", "outcome"), _rows(entries))
    scene.checked(f"all {len(subject.deeds)} things that were done are there, each once, and nothing else")


async def complete(scene: Scene, subject: Subject, *, seconds: float) -> list[trail.Entry]:
    """The patient's entries, oldest first, once all that was done is among them; the auditor's own left out.

    Raises CheckFailed when something is still missing after `seconds`, is there twice, or was not done.
    """
    give_up = time.monotonic() + seconds
    while True:
        _, entries = await _entries(scene, subject)
        if not trail.missing(subject.deeds, entries) or time.monotonic() > give_up:
            break
        await asyncio.sleep(POLL_SECONDS)
    # What comes twice may come late: not before the log is at the end of every stream is it counted.
    await _follow(scene, seconds)
    page, entries = await _entries(scene, subject)
    scene.screen.exchange(page, ())
    require_none(trail.faults(subject.deeds, entries))
    return entries


async def _follow(scene: Scene, seconds: float) -> None:
    def follows(answer: Exchange) -> bool:
        return not trail.behind(given(answer, "items"))

    answers = await scene.poll(AUDITOR, f"{AUDIT}/streams", follows, seconds=seconds)
    require_none(trail.behind(given(answers[-1], "items")))
    scene.checked("the log is at the end of every stream, and no stream has a hole")


async def _entries(scene: Scene, subject: Subject) -> tuple[Exchange, list[trail.Entry]]:
    """The last page's exchange, and the entries of all pages."""
    params: dict[str, Any] = {"patient_id": subject.patient_id, "limit": _PAGE}
    found: list[trail.Entry] = []
    while True:
        page = await scene.client.send(AUDITOR, "GET", f"{AUDIT}/entries", params=params)
        require_status(page, 200)
        found += given(page, "items")
        if page.value("next_cursor") is None:
            break
        params["cursor"] = page.value("next_cursor")
    others = (entry for entry in found if entry["actor"] != AUDITOR)
    return page, sorted(others, key=lambda entry: int(entry["index"]))


def _rows(entries: Iterable[trail.Entry]) -> list[tuple[str, ...]]:
    """What somebody did several times in a row is one line."""
    rows = []
    for said, run in groupby(sorted(entries, key=_at), _said):
        same = list(run)
        at = _at(same[0]).astimezone().strftime("%H:%M:%S.%f")[:-3]
        who, what, *rest = said
        rows.append((at, who, what if len(same) == 1 else f"{what} ({len(same)} times)", *rest))
    return rows


def _at(entry: trail.Entry) -> datetime:
    return datetime.fromisoformat(entry["time"])


def _said(entry: trail.Entry) -> tuple[str, ...]:
    uid = entry["version_uid"] or ""
    return entry["actor"] or "", trail.words(entry["kind"], uid), uid, entry["outcome"]
