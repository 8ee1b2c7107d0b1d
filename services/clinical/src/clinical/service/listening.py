"""Who listens to live events: let in, looked at again, told what they may see."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Authorizer, Principal
from openward_servicekit.auth.authorizer import Denial
from openward_servicekit.auth.permissions import decide, foresee
from openward_servicekit.errors import Failure

from clinical.domain.live import Notice, Watch
from clinical.domain.permissions import READ, SEE_RESTRICTED
from clinical.domain.record import PatientRecord
from clinical.service.live import Live
from clinical.service.records import Records

#: Who listens for an hour comes again, with a token that is still good.
_LONGEST_SECONDS: Final = 3600.0

Again = Callable[[], Awaitable[Principal]]


@dataclass(frozen=True)
class Wish:
    """What is listened to; `after`: the place up to which the listener knows everything."""

    patient_id: PatientId | None
    kinds: frozenset[str]
    templates: frozenset[str]
    after: int | None


@dataclass(frozen=True)
class LiveService:
    live: Live
    records: Records
    authorizer: Authorizer
    heartbeat_seconds: float
    check_seconds: float

    async def admitted(self, principal: Principal, wish: Wish) -> Watch:
        """Raises PatientNotFound, PermissionDenied."""
        self.authorizer.permitted(principal, READ, ())  # decided for each notice
        record = await self._record(principal, wish)
        if record is not None:
            await self._check(principal, record)
        return Watch(principal, record, wish.kinds, wish.templates)

    async def notices(
        self, watch: Watch, wish: Wish, again: Again
    ) -> AsyncIterator[tuple[int | None, Sequence[Notice]]]:
        """What the listener may see of what is new, with the place up to which that is complete.

        `again` authenticates once more. It ends when the caller may not listen any more, and after an hour.
        """
        now = monotonic()
        ends, look = now + _LONGEST_SECONDS, now + self.check_seconds
        async for place, notices in self.live.after(
            wish.after, min(self.heartbeat_seconds, self.check_seconds)
        ):
            if (now := monotonic()) > look:
                look = now + self.check_seconds
                try:
                    watch = await self.admitted(await again(), wish)
                except Failure:
                    return
            yield place, await self._seen(watch, notices)
            if now > ends:
                return

    async def _record(self, principal: Principal, wish: Wish) -> PatientRecord | None:
        return await self.records.of_patient(principal, wish.patient_id) if wish.patient_id else None

    async def _seen(self, watch: Watch, notices: Sequence[Notice]) -> Sequence[Notice]:
        """Without those of restricted patients, for who may not know of them."""
        wanted = watch.of(notices)
        if not wanted or decide(watch.principal, SEE_RESTRICTED, patient_id=watch.judged_as).allowed:
            return wanted
        hidden = await self.records.hidden_lately()
        return [each for each in wanted if each.ehr_id not in hidden]

    async def _check(self, principal: Principal, record: PatientRecord) -> None:
        patient_id = record.judged_as(principal.patient_id)
        decision = foresee(principal, READ, patient_id=patient_id)
        if decision is not None and decision.reason is not None:
            await self.authorizer.deny(
                Denial(principal, READ, decision.reason, patient_id, record.target.ehr_id)
            )
