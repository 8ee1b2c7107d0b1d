"""Who is in an answer to AQL is on record, also where there are more than one record may name."""

import hashlib
from typing import cast

import pytest
from clinical.adapters.access import OutboxAccessLog
from clinical.domain.record import LinkedEhr
from openward_contracts.access import MAX_IDS, RecordQueried
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.payload import Payload
from openward_servicekit.access import AccessRecords

ADA = Actor("ada", "web", ("clinician",))


class Records:
    """Takes what would be written to the outbox."""

    def __init__(self) -> None:
        self.added: list[RecordQueried] = []

    async def add(self, _actor: Actor, record: Payload) -> None:
        assert isinstance(record, RecordQueried)
        self.added.append(record)


async def written(ehrs: list[LinkedEhr]) -> list[RecordQueried]:
    records = Records()
    await OutboxAccessLog(cast("AccessRecords", records)).queried(ADA, ehrs, "SELECT 1", 7)
    return records.added


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (1, [1]), (MAX_IDS, [MAX_IDS]), (MAX_IDS + 1, [MAX_IDS, 1])]
)
async def test_every_ehr_is_named_and_every_row_counted_once(count: int, sizes: list[int]) -> None:
    ehrs = [LinkedEhr(PatientId.new(), EhrId.new(), ready=True) for _ in range(count)]

    added = await written(ehrs)

    assert [len(record.ehr_ids) for record in added] == sizes
    assert {ehr_id for record in added for ehr_id in record.ehr_ids} == {ehr.ehr_id for ehr in ehrs}
    assert sum(record.rows for record in added) == 7
    assert {record.query_sha256 for record in added} == {hashlib.sha256(b"SELECT 1").hexdigest()}


async def test_an_ehr_of_nobody_is_named_without_a_patient() -> None:
    (record,) = await written([LinkedEhr(None, EhrId.new(), ready=True)])

    assert (len(record.ehr_ids), record.patient_ids) == (1, ())
