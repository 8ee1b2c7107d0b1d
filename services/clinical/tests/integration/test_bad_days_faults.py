"""Whatever happens between us and EHRbase during any kind of write: the answer is true, the write is once."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from clinical.service import writes
from clinical.settings import Settings
from openward_testkit.ehr_writes import (
    WRITES,
    Prepare,
    directory_post_shown,
    names,
    status_put_shown,
    versions,
)
from openward_testkit.faulty import Fault, FaultyWay


@pytest.fixture(autouse=True)
def _asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "PAUSE", 0.05)


@pytest.fixture(scope="module")
async def shaky(clinic: Any, settings: Settings, way: FaultyWay) -> AsyncIterator[Any]:
    """A second process of the service, with the same database, that reaches EHRbase by the faulty way."""
    async with clinic.beside(settings, way.own_port, ehrbase_timeout_seconds=1.5) as beside:
        yield beside


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("prepare", WRITES, ids=lambda write: write.__name__)
async def test_a_write_is_once_and_its_answer_true(
    clinic: Any,
    shaky: Any,
    way: FaultyWay,
    ehrbase_tables: asyncpg.Connection,
    prepare: Prepare,
    fault: Fault,
) -> None:
    write = await prepare(clinic)
    before = await versions(ehrbase_tables, write.ehr_id) if write.ehr_id else Counter()
    struck = way.struck

    way.strike(fault, f"{write.told_by} /ehrbase/rest/openehr/v1/ehr")  # queries go on in the background
    answer = await write.send(shaky)
    way.spare()
    repeated = await write.send(shaky)
    elsewhere = await write.send(clinic)

    ehr_id = write.ehr_id or repeated.headers["etag"].strip('"')
    made = await versions(ehrbase_tables, ehr_id) - before
    assert way.struck == struck + 1
    assert answer.status_code < 300 if fault.delivered else answer.status_code in (502, 503, 504), answer.text
    assert repeated.is_success, repeated.text
    assert sorted(made.values()) == [1], made
    for again in (repeated, elsewhere):
        assert again.headers.get("etag") == repeated.headers.get("etag")
        if answer.is_success and prepare not in (status_put_shown, directory_post_shown):
            assert _said(again) == _said(answer)
    assert names(repeated, next(iter(made)), prepare)


def _said(answer: httpx.Response) -> tuple[int, str | None, str | None, bytes]:
    return answer.status_code, answer.headers.get("etag"), answer.headers.get("location"), answer.content
