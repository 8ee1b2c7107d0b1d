"""Whose doing a row of the trigger outbox is said to be."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from clinical.adapters.evt_outbox import EvtOutbox
from openward_servicekit.outbox.batches import Batches

SYSTEM = "openward.local"
EHR, PATIENT, CONTRIBUTION = uuid4(), uuid4(), uuid4()
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Rows:
    """A connection that answers each of its tables with rows."""

    def __init__(self, **tables: Sequence[dict[str, Any]]) -> None:
        self._tables = tables

    async def fetch(self, query: str, *_args: object) -> Sequence[dict[str, Any]]:
        return next(rows for table, rows in self._tables.items() if table in query)


def change(vo_id: UUID, op: str = "version", kind: str = "comp", **more: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "op": op,
        "vo_kind": kind,
        "vo_id": vo_id,
        "sys_version": 1,
        "ehr_id": EHR,
        "contribution_id": CONTRIBUTION,
        "template_id": None,
        "committed_at": NOON,
        "committer": "openward",
        "captured_at": NOON,
    } | more


async def author(row: dict[str, Any], *intents: dict[str, Any]) -> str:
    own = Rows(patient_ehr=[{"ehr_id": EHR, "patient_id": PATIENT}], write_intent=intents)
    outbox = EvtOutbox(cast("Any", Rows(ehr_event=[row])), cast("Any", own), SYSTEM)
    (record,) = await outbox.fetch(10)
    return record.headers["ce-authid"]


def intent(vo_id: UUID) -> dict[str, Any]:
    return {
        "version_uid": f"{vo_id}::{SYSTEM}::1",
        "actor": "ada",
        "roles": ["clinician"],
        "client_id": "web",
        "purpose": None,
        "on_behalf_of": None,
        "request_id": str(uuid4()),
        "traceparent": None,
    }


async def test_what_was_written_through_us_has_its_author() -> None:
    vo_id = uuid4()

    assert await author(change(vo_id), intent(vo_id)) == "ada"
    assert await author(change(vo_id)) == "ehrbase:openward"
    assert await author(change(vo_id, kind="ehr_status")) == "service:clinical"


async def test_a_row_that_cannot_be_told_holds_back_its_own_object_only() -> None:
    odd, later, other = change(uuid4(), op="version"), change(uuid4()), change(uuid4())
    odd |= {"id": 1, "template_id": "\0" * 1000}
    later |= {"id": 2, "vo_id": odd["vo_id"], "sys_version": 2}
    other |= {"id": 3}
    own = Rows(patient_ehr=[], write_intent=[])
    outbox = EvtOutbox(cast("Any", Rows(ehr_event=[odd, later, other])), cast("Any", own), SYSTEM)
    refused: list[int] = []
    batches = Batches(60, lambda row: refused.append(row.record.id))

    sent = batches.of(await outbox.fetch(10))

    assert refused == [1]
    assert [record.id for batch in sent.values() for record in batch] == [3]


@pytest.mark.parametrize("kind", ["comp", "ehr_status", "ehr_folder"])
async def test_an_erased_version_was_not_erased_by_its_author(kind: str) -> None:
    vo_id = uuid4()
    erased = change(vo_id, "physical_delete", kind, committed_at=None, committer=None)

    assert await author(erased, intent(vo_id)) == "ehrbase:unnamed"
