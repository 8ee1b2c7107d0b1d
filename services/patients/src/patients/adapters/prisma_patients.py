"""Patients in PostgreSQL through Prisma: every write is one transaction with its event."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from openward_contracts.actor import Actor
from openward_contracts.event import Event, outbox_columns
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.patients import PatientRegistered, PatientUpdated
from openward_contracts.payload import Payload
from openward_servicekit.prisma import TRANSIENT_CODES

from patients.adapters import name_search, rows
from patients.adapters.db import Base64, Json, Prisma, errors
from patients.adapters.db.engine import errors as engine
from patients.adapters.events import event
from patients.domain.errors import IdentifierTaken, PatientExists, RegistryBusy, VersionMismatch
from patients.domain.patient import EhrState, Identifier, Patient
from patients.domain.ports import NamePosition

_WITH_ALL: Any = {"names": {"order_by": {"position": "asc"}}, "identifiers": True}


class PrismaPatients:
    """The PatientRepository port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db

    async def add(self, patient: Patient, actor: Actor) -> None:
        registered = PatientRegistered(patient_id=patient.id, ehr_id=patient.ehr_id, version=patient.version)
        async with self._transaction() as tx:
            await tx.patient.create(data=rows.patient(patient))
            await _publish(tx, event(registered, patient, actor))

    async def get(self, patient_id: PatientId) -> Patient | None:
        async with _registry():
            row = await self._db.patient.find_unique({"id": str(patient_id)}, include=_WITH_ALL)
        return rows.to_patient(row) if row else None

    async def update(self, before: Patient, after: Patient, changed: Sequence[str], actor: Actor) -> None:
        updated = PatientUpdated(patient_id=after.id, version=after.version, changed=tuple(changed))
        async with self._transaction() as tx:
            # The row lock that this takes puts the events of one patient in the order of their versions.
            where: Any = {"id": str(before.id), "version": before.version}
            if not await tx.patient.update_many(where=where, data=rows.own_columns(after)):
                raise VersionMismatch(await self._version(before.id))
            await _replace_lists(tx, after, changed)
            await _publish(tx, event(updated, after, actor))

    async def by_identifier(self, identifier: Identifier) -> Patient | None:
        key: Any = {"system": identifier.system, "value": identifier.value}
        async with _registry():
            found = await self._db.patient_identifier.find_unique({"system_value": key})
        return await self.get(PatientId(found.patient_id)) if found else None

    async def by_name(
        self, prefix: str, after: NamePosition | None, limit: int
    ) -> Sequence[tuple[NamePosition, Patient]]:
        async with _registry():
            positions = await name_search.find(self._db, prefix, after, limit)
            ids = [str(position.patient_id) for position in positions]
            found = await self._db.patient.find_many(where={"id": {"in": ids}}, include=_WITH_ALL)
        patients = {row.id: rows.to_patient(row) for row in found}
        return [(position, patients[str(position.patient_id)]) for position in positions]

    async def mark_ehr_ready(self, ehr_id: EhrId) -> None:
        async with _registry():
            await self._db.patient.update_many(
                where={"ehr_id": str(ehr_id), "ehr_state": EhrState.PENDING},
                data={"ehr_state": EhrState.READY},
            )

    async def _version(self, patient_id: PatientId) -> int:
        row = await self._db.patient.find_unique({"id": str(patient_id)})
        return row.version if row else 0

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Prisma]:
        async with _registry(), self._db.tx() as tx:
            yield tx


@asynccontextmanager
async def _registry() -> AsyncIterator[None]:
    """Prisma's errors in the registry's words."""
    try:
        yield
    except errors.UniqueViolationError as error:
        target = error.data.get("user_facing_error", {}).get("meta", {}).get("target") or []
        failure = PatientExists if list(target) == ["id"] else IdentifierTaken
        raise failure from None
    except errors.DataError as error:
        if getattr(error, "code", None) in TRANSIENT_CODES:
            raise RegistryBusy from None
        raise
    except (errors.ClientNotConnectedError, engine.EngineConnectionError, errors.TransactionError):
        raise RegistryBusy from None


async def _replace_lists(tx: Prisma, after: Patient, changed: Sequence[str]) -> None:
    if "names" in changed:
        await tx.patient_name.delete_many(where={"patient_id": str(after.id)})
        await tx.patient_name.create_many(data=_owned(after, rows.names(after)))
    if "identifiers" in changed:
        await tx.patient_identifier.delete_many(where={"patient_id": str(after.id)})
        await tx.patient_identifier.create_many(data=_owned(after, rows.identifiers(after)))


def _owned(patient: Patient, values: Sequence[Any]) -> Any:
    return [{**value, "patient_id": str(patient.id)} for value in values]


async def _publish(tx: Prisma, change: Event[Payload]) -> None:
    columns = outbox_columns(change)
    await tx.outbox_event.create(
        data={
            "event_id": str(columns.event_id),
            "subject": columns.subject,
            "aggregate_id": columns.aggregate_id,
            "aggregate_version": columns.aggregate_version,
            "headers": Json(dict[str, Any](columns.headers)),
            "payload": Base64.encode(columns.payload),
        }
    )
