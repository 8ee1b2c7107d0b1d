"""Very many EHRs, made by copying one that the product has made: EHRbase would take minutes for them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from bench.clinical_stage import Stage

#: `jsonb_populate_record` keeps whatever other columns a version of EHRbase has.
_COPIES: Final = """
create temp table copy on commit drop as
    select gen_random_uuid() as ehr_id, gen_random_uuid() as patient_id, gen_random_uuid() as status_id,
           gen_random_uuid() as contribution_id
    from generate_series(1, {count});

insert into ehr.ehr select (jsonb_populate_record(e, jsonb_build_object('id', c.ehr_id))).*
    from copy c, ehr.ehr e where e.id = '{model}';

insert into ehr.contribution select (jsonb_populate_record(m, jsonb_build_object(
        'id', c.contribution_id, 'ehr_id', c.ehr_id))).*
    from copy c, ehr.contribution m
    where m.id = (select contribution_id from ehr.ehr_status_version where ehr_id = '{model}');

insert into ehr.ehr_status_version select (jsonb_populate_record(v, jsonb_build_object(
        'vo_id', c.status_id, 'ehr_id', c.ehr_id, 'contribution_id', c.contribution_id))).*
    from copy c, ehr.ehr_status_version v where v.ehr_id = '{model}';

insert into ehr.ehr_status_data select (jsonb_populate_record(d, jsonb_build_object(
        'vo_id', c.status_id, 'ehr_id', c.ehr_id,
        'data', replace(d.data::text, '{patient}', c.patient_id::text)::jsonb))).*
    from copy c, ehr.ehr_status_data d where d.ehr_id = '{model}';
"""
_PATIENT: Final = "select patient_id from patient_ehr where ehr_id = $1"
_TABLES: Final = ("ehr", "contribution", "ehr_status_version", "ehr_status_data")


async def copy_ehrs(stage: Stage, model: str, count: int) -> list[str]:
    """Ids of `count` EHRs of as many patients, known to EHRbase and the clinical service; without events."""
    patient = await stage.clinical.fetchval(_PATIENT, UUID(model))
    async with stage.ehrbase.transaction():
        # No triggers: neither the capture of events, which nobody waits for, nor the checks of foreign keys.
        await stage.ehrbase.execute("set local session_replication_role = replica")
        await stage.ehrbase.execute(_COPIES.format(count=count, model=model, patient=patient))
        rows = await stage.ehrbase.fetch("select patient_id, ehr_id from copy")
    await _link(stage, [(row["patient_id"], row["ehr_id"]) for row in rows])
    for table in _TABLES:
        await stage.ehrbase.execute(f"analyze ehr.{table}")
    return [str(row["ehr_id"]) for row in rows]


async def _link(stage: Stage, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    now = datetime.now(UTC)
    await stage.clinical.copy_records_to_table(
        "patient_ehr",
        columns=("patient_id", "ehr_id", "state", "ready_at"),
        records=[(patient_id, ehr_id, "ready", now) for patient_id, ehr_id in pairs],
    )
    await stage.clinical.execute("analyze patient_ehr")
