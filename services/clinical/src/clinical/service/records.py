"""Records as a caller may know of them: what is restricted is not there for who lacks the right to it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.auth import Authorizer, Denial, Principal, decide
from openward_servicekit.errors import NotFound

from clinical.domain.errors import EhrHidden, PatientNotFound
from clinical.domain.permissions import SEE_RESTRICTED
from clinical.domain.ports import Restrictions
from clinical.domain.record import PatientRecord
from clinical.service import ehrs as finding
from clinical.service.ehrs import EhrService

#: Seconds for which what is restricted is remembered, where it is looked for all the time.
_REMEMBERED = 1.0


def restriction(principal: Principal, record: PatientRecord) -> Denial | None:
    """Why the caller may not know of the record, as the registry decides it (`patient.see-restricted`)."""
    if not record.restricted:
        return None
    patient_id = record.judged_as(principal.patient_id)
    reason = decide(principal, SEE_RESTRICTED, patient_id=patient_id).reason
    if reason is None:
        return None
    return Denial(principal, SEE_RESTRICTED, reason, patient_id, record.target.ehr_id)


@dataclass
class _Seen:
    """`at`: when the database was asked; nothing that came later is sure to be in it."""

    hidden: frozenset[EhrId] = frozenset()
    at: float = float("-inf")
    asking: asyncio.Task[None] | None = None


@dataclass(frozen=True)
class Records:
    """Every use case that is asked for a record by a caller finds it here."""

    ehrs: EhrService
    restrictions: Restrictions
    authorizer: Authorizer
    clock: Callable[[], float] = time.monotonic
    _seen: _Seen = field(default_factory=_Seen)

    async def of_patient(self, principal: Principal, patient_id: PatientId) -> PatientRecord:
        """Raises PatientNotFound, also for who may not know of the patient: that is on record then."""
        return await self._shown(principal, await self.ehrs.of_patient(patient_id), PatientNotFound())

    async def by_id(self, principal: Principal, ehr_id: EhrId) -> PatientRecord:
        """Raises EhrNotFound; EhrHidden, which nobody can tell from it."""
        return await self._shown(principal, await self.ehrs.by_id(ehr_id), EhrHidden())

    async def may_know(self, principal: Principal, patient_id: PatientId) -> bool:
        try:
            return restriction(principal, await self.ehrs.of_patient(patient_id)) is None
        except PatientNotFound:
            return False

    async def hidden(self, principal: Principal) -> tuple[EhrId, ...]:
        """EHRs that a query over all must leave out."""
        if decide(principal, SEE_RESTRICTED).allowed:
            return ()
        return tuple(await self.restrictions.hidden())

    async def hidden_lately(self) -> frozenset[EhrId]:
        """All that are restricted, as of a second before this call at most.

        Raises what the database does: then nobody is told anything.
        """
        asked = self.clock()
        while asked - self._seen.at >= _REMEMBERED:
            if self._seen.asking is None:
                self._seen.asking = asyncio.create_task(self._ask(), name="ask who is restricted")
            await asyncio.shield(self._seen.asking)  # who goes away does not end it for the others
        return self._seen.hidden

    async def _ask(self) -> None:
        began = self.clock()
        try:
            hidden = frozenset(await self.restrictions.hidden())
            self._seen.hidden, self._seen.at = hidden, began
        finally:
            self._seen.asking = None

    async def refuse(self, denial: Denial, instead: NotFound) -> NoReturn:
        """Raises `instead`, once the denial is on record.

        What is not there is waited for, too: the time must not tell the one from the other.
        """
        await asyncio.sleep(finding.PATIENCE)
        await self.authorizer.deny(denial, instead)

    async def _shown(self, principal: Principal, record: PatientRecord, instead: NotFound) -> PatientRecord:
        if (denial := restriction(principal, record)) is not None:
            await self.refuse(denial, instead)
        return record
