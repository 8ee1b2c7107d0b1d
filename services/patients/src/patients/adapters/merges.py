"""Merges in PostgreSQL through Prisma."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from openward_contracts.identifiers import PatientId
from openward_contracts.patients import PatientMerged, PatientUnmerged, PatientUpdated
from openward_contracts.payload import Payload

from patients.adapters import events, rows
from patients.adapters import merge_statements as statements
from patients.adapters.db import Prisma, errors
from patients.adapters.errors import registry, sqlstate
from patients.domain.merges.merge import Decided, Merge, MergeState, Position, Step, followed
from patients.domain.patient import Patient

_REFUSED = "RG001"


class PrismaMerges:
    """The MergeRepository port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db

    async def write(self, step: Step, linked: Sequence[Patient]) -> bool:
        statement = statements.MERGE if step.merge.holds else statements.UNMERGE
        async with registry():
            try:
                async with self._db.batch_() as batch:
                    batch.execute_raw(statements.LOCK)
                    batch.execute_raw(statement, _document(step, linked))
            except errors.RawQueryError as error:
                if sqlstate(error) == _REFUSED:
                    return False
                raise
        return True

    async def get(self, merge_id: UUID) -> Merge | None:
        async with registry():
            row = await self._db.merge.find_unique({"id": str(merge_id)})
        return _merge(row) if row else None

    async def away(self, source_id: PatientId) -> Merge | None:
        async with registry():
            row = await self._db.merge.find_first(where={"source_id": str(source_id), "unmerged_at": None})
        return _merge(row) if row else None

    async def connected(self, patient_id: PatientId) -> Sequence[Merge]:
        async with registry():
            return await self._named(await self._db.query_raw(statements.CONNECTED, str(patient_id)))

    async def page(
        self, patient_id: PatientId, after: Position | None, limit: int, *, restricted: bool
    ) -> Sequence[Merge]:
        at, last = (after[0].isoformat(), str(after[1])) if after else (None, None)
        async with registry():
            return await self._named(
                await self._db.query_raw(statements.PAGE, str(patient_id), at, last, restricted, limit)
            )

    async def judged_different(self, one: PatientId, other: PatientId) -> bool:
        low, high = sorted((str(one), str(other)))
        async with registry():
            pair = await self._db.match_pair.find_unique({"low_id_high_id": {"low_id": low, "high_id": high}})
            parted = await self._db.merge.find_first(
                where={
                    "source_id": {"in": [low, high]},
                    "target_id": {"in": [low, high]},
                    "NOT": [{"unmerged_at": None}],
                }
            )
        return parted is not None or (pair is not None and pair.state == "different")

    async def follow(self, merge_id: UUID, state: MergeState) -> None:
        async with registry():
            await self._db.merge.update_many(
                where={"id": str(merge_id), "state": state}, data={"state": followed(state)}
            )

    async def _named(self, found: Sequence[dict[str, Any]]) -> Sequence[Merge]:
        """Newest first."""
        merges = await self._db.merge.find_many(
            where={"id": {"in": [row["id"] for row in found]}}, order=[{"merged_at": "desc"}, {"id": "desc"}]
        )
        return [_merge(row) for row in merges]


def _document(step: Step, linked: Sequence[Patient]) -> str:
    merge = step.merge
    decided = merge.unmerged or merge.merged
    told = (
        _told(step, linked),
        PatientUpdated(
            patient_id=step.target.id, version=step.target.version, changed=step.target.change.fields
        ),
    )
    who = {
        "decided_at": decided.at.isoformat(),
        "decided_by": rows.actor(decided.by),
        "reason": decided.reason,
    }
    return json.dumps(
        {
            "patients": [_patient(patient) for patient in (step.source, step.target)],
            "source_id": str(merge.source_id),
            "members": [str(merge.source_id), *(str(patient.id) for patient in linked)],
            "merge": {
                "id": str(merge.id),
                "source_id": str(merge.source_id),
                "target_id": str(merge.target_id),
                "source_version": merge.source_version,
                "target_version": merge.target_version,
                "state": merge.state,
                **who,
            },
            "label": {
                "one": str(merge.source_id),
                "other": str(merge.target_id),
                "state": "same" if merge.holds else "different",
                **who,
            },
            "events": [
                rows.outbox(events.event(payload, patient))
                for payload, patient in zip(told, (step.source, step.target), strict=True)
            ],
        }
    )


def _told(step: Step, linked: Sequence[Patient]) -> Payload:
    kind = PatientMerged if step.merge.holds else PatientUnmerged
    return kind(
        merge_id=step.merge.id,
        patient_id=step.source.id,
        version=step.source.version,
        survivor_id=step.target.id,
        ehr_id=step.source.ehr_id,
        survivor_ehr_id=step.target.ehr_id,
        linked_ehr_ids=(step.source.ehr_id, *(patient.ehr_id for patient in linked)),
    )


def _patient(patient: Patient) -> dict[str, Any]:
    return {
        "id": str(patient.id),
        "version": patient.version,
        "survivor_id": str(patient.survivor_id) if patient.survivor_id else None,
        "updated_at": patient.change.at.isoformat(),
        "updated_by": rows.actor(patient.change.by),
        "changed": patient.change.fields,
        "reason": patient.change.reason,
    }


def _merge(row: Any) -> Merge:
    undone = None
    if row.unmerged_at is not None:
        undone = Decided(row.unmerged_at, rows.to_actor(row.unmerged_by), row.unmerge_reason)
    return Merge(
        id=UUID(row.id),
        source_id=PatientId(row.source_id),
        target_id=PatientId(row.target_id),
        source_version=row.source_version,
        target_version=row.target_version,
        state=MergeState(row.state),
        merged=Decided(row.merged_at, rows.to_actor(row.merged_by), row.reason),
        unmerged=undone,
    )
