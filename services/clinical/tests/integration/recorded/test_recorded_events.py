"""What is committed is kept soon after, before anybody reads again; a merge changes nothing of it."""

import asyncio
import time
from typing import Any, Final

from openward_contracts.identifiers import EhrId

#: Seconds: what other tests have written behind the service's back is told and followed first.
PATIENCE: Final = 60


async def kept(shelf: Any, ehr_id: str, versions: int) -> None:
    give_up = time.monotonic() + PATIENCE
    while len(await shelf.versions(EhrId(ehr_id))) < versions:
        assert time.monotonic() < give_up
        await asyncio.sleep(0.05)


async def test_what_is_written_after_a_read_is_kept_without_another(
    clinic: Any, archive: Any, shelf: Any
) -> None:
    patient_id, ehr_id = await clinic.patient()
    await clinic.app.state.clinical.recorder.up_to_date([EhrId(ehr_id)])
    written = await clinic.write(patient_id)
    assert written.status_code == 201, written.text
    await kept(shelf, ehr_id, 1)
    await archive.write(EhrId(ehr_id))  # past this service
    await kept(shelf, ehr_id, 2)


async def test_what_is_erased_is_dropped_without_a_read(clinic: Any, archive: Any, shelf: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    for _ in range(2):
        await clinic.write(patient_id)
    recorder = clinic.app.state.clinical.recorder
    await recorder.up_to_date([EhrId(ehr_id)])
    erased = await archive.admin.delete(f"rest/admin/ehr/{ehr_id}")
    assert erased.is_success, erased.text
    give_up = time.monotonic() + PATIENCE
    while await shelf.versions(EhrId(ehr_id)):
        assert time.monotonic() < give_up
        await asyncio.sleep(0.05)

    assert not any((await shelf.rows(EhrId(ehr_id))).values())


async def test_a_merge_leaves_what_is_kept_with_the_ehr_that_holds_it(
    clinic: Any, archive: Any, shelf: Any
) -> None:
    source, survivor = await clinic.patient(), await clinic.patient()
    for patient_id, _ in (source, survivor):
        await clinic.write(patient_id)
    ehr_ids = [EhrId(ehr_id) for _, ehr_id in (source, survivor)]
    recorder = clinic.app.state.clinical.recorder
    await recorder.up_to_date(ehr_ids)
    before = [await shelf.rows(ehr_id) for ehr_id in ehr_ids]
    await clinic.merge(source, survivor)
    give_up = time.monotonic() + PATIENCE
    while not await _frozen(archive, ehr_ids[0]):
        assert time.monotonic() < give_up
        await asyncio.sleep(0.1)
    await recorder.up_to_date(ehr_ids)

    assert [await shelf.rows(ehr_id) for ehr_id in ehr_ids] == before


async def _frozen(archive: Any, ehr_id: EhrId) -> bool:
    status = await archive.api.get(f"rest/openehr/v1/ehr/{ehr_id}/ehr_status")
    return status.json()["is_modifiable"] is False
