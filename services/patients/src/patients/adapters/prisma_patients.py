"""Patients in PostgreSQL through Prisma: every write is one transaction with its event (ADR 0019)."""

import json
from collections.abc import Sequence

from openward_contracts.identifiers import EhrId, PatientId

from patients.adapters import events, rows, statements
from patients.adapters.db import Prisma, errors
from patients.adapters.errors import registry, sqlstate, violated
from patients.adapters.known_words import KnownWords
from patients.adapters.questions import Questions
from patients.adapters.search.statements import BY_IDS
from patients.domain.errors import IdentifierTaken, PatientExists, TwinRegistered, VersionMismatch
from patients.domain.findable import Findable
from patients.domain.keys import identifier_key
from patients.domain.mrn import mrn
from patients.domain.patient import MRN_SYSTEM, EhrState, Patient
from patients.domain.ports import UNCHECKED, Admission, Version

_UNIQUE = "23505"
_REFUSED = "RG001"
#: Numbers fetched at once; those that a process does not use are never given out.
_MRN_BLOCK = 20


class PrismaPatients:
    """The PatientRepository port."""

    def __init__(self, db: Prisma, questions: Questions) -> None:
        self._db = db
        self._questions = questions
        self._words = KnownWords()
        self._numbers: list[int] = []

    async def next_mrn(self) -> str:
        if not self._numbers:
            async with registry():
                found = await self._db.query_raw(
                    "select nextval('mrn_number')::bigint as number from generate_series(1, $1)", _MRN_BLOCK
                )
            self._numbers = sorted((int(row["number"]) for row in found), reverse=True)
        return mrn(self._numbers.pop())

    async def add(self, patient: Patient, keys: Findable, admission: Admission = UNCHECKED) -> None:
        words = self._words.unknown(keys.words())
        document = rows.added(patient, keys, words, events.registered(patient), admission)
        async with registry():
            try:
                await self._db.query_raw(statements.ADD, document)
            except errors.RawQueryError as error:
                raise await self._refusal(error, patient, keys) from None
        self._words.learn(words)

    async def get(self, patient_id: PatientId) -> Patient | None:
        async with registry():
            row = await self._db.patient.find_unique({"id": str(patient_id)})
        return rows.to_patient(row) if row else None

    async def update(self, before: Patient, after: Patient, old: Findable, new: Findable) -> None:
        words = self._words.unknown(new.words() - old.words())
        document = rows.updated(after, old, new, words, events.updated(before, after))
        async with registry():
            try:
                (written,) = await self._db.query_raw(statements.UPDATE, document)
            except errors.RawQueryError as error:
                raise await self._refusal(error, after, new) from None
        if not written["written"]:
            current = await self.get(before.id)
            raise VersionMismatch(current.version if current else 0)
        self._words.learn(words)

    async def former(self, patient_id: PatientId) -> Sequence[Version]:
        async with registry():
            found = await self._db.patient_version.find_many(
                where={"patient_id": str(patient_id)}, order={"version": "asc"}
            )
        return [rows.to_version(row) for row in found]

    async def by_ids(self, ids: Sequence[PatientId]) -> Sequence[Patient]:
        found = await self._questions.query_raw(BY_IDS, [str(each) for each in ids])
        return [rows.from_columns(row) for row in found]

    async def by_identifier(self, system: str, value: str) -> Sequence[Patient]:
        key = identifier_key(value)
        async with registry():
            if system == MRN_SYSTEM:
                row = await self._db.patient.find_unique({"mrn": key})
                return [rows.to_patient(row)] if row else []
            held = await self._db.patient_identifier.find_many(
                where={"system": system, "value_key": key}, order={"holder": "asc"}
            )
        return await self.by_ids([PatientId(each.patient_id) for each in held])

    async def survivor(self, patient_id: PatientId) -> PatientId:
        async with registry():
            found = await self._db.query_raw(_SURVIVOR, str(patient_id))
        return PatientId(found[0]["id"]) if found else patient_id

    async def mark_ehr_ready(self, ehr_id: EhrId) -> None:
        async with registry():
            await self._db.patient.update_many(
                where={"ehr_id": str(ehr_id), "ehr_state": EhrState.PENDING},
                data={"ehr_state": EhrState.READY},
            )

    async def _refusal(self, error: errors.RawQueryError, patient: Patient, keys: Findable) -> Exception:
        """What the database refused, in the registry's words; else the error itself."""
        if sqlstate(error) == _REFUSED:
            return TwinRegistered()
        if sqlstate(error) != _UNIQUE:
            return error
        if "patient_identifier" in violated(error):
            taken = json.dumps(rows.identifiers(keys))
            found = await self._db.query_raw(statements.TAKEN, taken, str(patient.id))
            return IdentifierTaken([row["system"] for row in found])
        return PatientExists()


_SURVIVOR = """
with recursive chain as (
    select id, survivor_id, 0 as step from patient where id = $1::uuid
    union all
    select p.id, p.survivor_id, c.step + 1 from chain c join patient p on p.id = c.survivor_id)
select id::text from chain order by step desc limit 1
"""
