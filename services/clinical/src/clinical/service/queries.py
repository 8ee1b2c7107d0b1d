"""AQL, restricted to what the caller may see, answered only after its access record is durable."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from openward_contracts.identifiers import EhrId
from openward_servicekit.auth import Authorizer, Denial, Principal, Reason
from openward_servicekit.auth.permissions import foresee

from clinical.domain.aql import Scope, named_ehr, population, read, restricted
from clinical.domain.errors import EhrHidden, EhrNotFound, QueryNotBound, QueryRejected, QueryRowsTooMany
from clinical.domain.openehr_errors import EhrNotQueryable
from clinical.domain.permissions import QUERY, QUERY_ALL
from clinical.domain.ports import AccessLog
from clinical.domain.querying import (
    EhrOwners,
    Query,
    QueryableEhrs,
    QueryEngine,
    Right,
    in_words_of_the_caller,
)
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.domain.result_set import Reader, RowLimits
from clinical.service.query_scope import template_ids, template_patterns
from clinical.service.records import Records
from clinical.service.spool import Spool

#: EHRs that a query over all can leave out; EHRbase is sent each of them by its id.
_MOST_HIDDEN: Final = 5_000

AD_HOC = Right(QUERY, "adhoc", QUERY_ALL)


@dataclass(frozen=True)
class ResultSet:
    """An answer that may leave: its access record is durable. `rows` follows the head; to be closed."""

    query: Query
    head: dict[str, Any]
    rows: Spool


@dataclass(frozen=True)
class QueryService:
    records: Records
    engine: QueryEngine
    queryable: QueryableEhrs
    owners: EhrOwners
    access: AccessLog
    authorizer: Authorizer
    limits: RowLimits

    async def run(
        self, principal: Principal, query: Query, right: Right = AD_HOC, record: PatientRecord | None = None
    ) -> ResultSet:
        """Over the EHRs of `record`; without one over the EHR that it names, or the caller's own, or all.

        Raises:
            QueryUnreadable, QueryNotBound, QueryRejected, QueryTimeout.
            QueryRowsTooMany, QueryAnswerTooLarge.
            EhrNotFound, PatientNotFound, EhrNotQueryable.
        """
        record = record or await self.record_of(principal, query, right)
        if record is None:
            return await self._run_over_all(principal, query, right)
        return await self._run_bound(principal, query, right, record)

    async def record_of(self, principal: Principal, query: Query, right: Right) -> PatientRecord | None:
        """Of the EHR that it names, or the caller's own; None: all that the caller may see.

        Raises QueryUnreadable, QueryNotBound.
        """
        ehr_id = named_ehr(query.q, query.parameters)
        if ehr_id is not None:
            return await self._named(principal, ehr_id)
        # That depends on the patient: so it is no right but to one's own record.
        own_only = foresee(principal, replace(right.permission, target=right.target)) is None
        if own_only and principal.patient_id is not None:
            return await self.records.of_patient(principal, principal.patient_id)
        return None

    async def _named(self, principal: Principal, ehr_id: EhrId) -> PatientRecord:
        """As EHRbase has it: a query may name an EHR that is not there, and finds nothing.

        One of which the caller may not know is asked for under an id that is nobody's.
        """
        try:
            return await self.records.by_id(principal, ehr_id)
        except EhrNotFound as missing:
            asked = EhrId.new() if isinstance(missing, EhrHidden) else ehr_id
            nobodys = LinkedEhr(None, asked, ready=False)
            return PatientRecord(None, (nobodys,), nobodys)

    async def _run_bound(
        self, principal: Principal, query: Query, right: Right, record: PatientRecord
    ) -> ResultSet:
        scope = await self.reach(principal, right, record)
        async with self._recording(principal, right, record):
            text = restricted(query.q, scope, query.parameters)
        async with self._spooled() as spool:
            reader = await self._ask(query, text, spool)
            return await self._released(principal, query, reader, spool, record.readable)

    async def reach(self, principal: Principal, right: Right, record: PatientRecord) -> Scope:
        """What a query over `record` sees of it. Raises PermissionDenied, EhrNotQueryable."""
        patient_id = record.judged_as(principal.patient_id)
        await self.authorizer.authorize(
            principal,
            right.permission,
            target=right.target,
            patient_id=patient_id,
            ehr_id=record.target.ehr_id,
        )
        templates = await template_ids(template_patterns(principal, patient_id), self.engine)
        ehr_ids = [ehr.ehr_id for ehr in record.readable]
        async with self._recording(principal, right, record):
            if await self.queryable.unqueryable(ehr_ids):
                raise EhrNotQueryable
        return Scope(ehr_ids, templates)

    async def _run_over_all(self, principal: Principal, query: Query, right: Right) -> ResultSet:
        await self._authorize_all(principal, right, query)
        templates = await template_ids(template_patterns(principal, None), self.engine)
        mark = uuid4().hex
        async with self._recording(principal, right):
            asked = population(query.q, mark, templates, await self._hidden(principal, query))
        async with self._spooled() as spool:
            reader = await self._ask(query, asked.text, spool, mark if asked.searched is None else None)
            found = reader.ehr_ids if asked.searched is None else await self._searched(query, asked.searched)
            owners = await self.owners.patients_of(found)
            ehrs = [LinkedEhr(owners.get(ehr_id), ehr_id, ready=True) for ehr_id in found]
            return await self._released(principal, query, reader, spool, ehrs)

    async def _hidden(self, principal: Principal, query: Query) -> Sequence[EhrId]:
        hidden = await self.records.hidden(principal)
        if len(hidden) > _MOST_HIDDEN:
            raise read(query.q).not_bound(0, "too many records are restricted: name the EHR that it is about")
        return hidden

    async def _authorize_all(self, principal: Principal, right: Right, query: Query) -> None:
        await self.authorizer.authorize(principal, right.permission, target=right.target)
        if right.population is not None:
            unbound = read(query.q).not_bound(
                0, "name one EHR, as EHR e[ehr_id/value=$ehr_id]; all need the scope aql-population.s"
            )
            await self.authorizer.authorize(principal, right.population, instead=unbound)

    @asynccontextmanager
    async def _recording(
        self, principal: Principal, right: Right, record: PatientRecord | None = None
    ) -> AsyncIterator[None]:
        """What is refused in the block is on record before it is told."""
        try:
            yield
        except (QueryNotBound, EhrNotQueryable) as refusal:
            denial = Denial(principal, right.permission, Reason.TARGET)
            if record is not None:
                patient_id = record.judged_as(principal.patient_id)
                denial = replace(denial, patient_id=patient_id, ehr_id=record.target.ehr_id)
            await self.authorizer.deny(denial, refusal)

    @asynccontextmanager
    async def _spooled(self) -> AsyncIterator[Spool]:
        """Closed unless the block ends well: then whoever answers has to."""
        spool = Spool()
        try:
            yield spool
        except BaseException:
            spool.close()
            raise

    async def _ask(self, query: Query, text: str, spool: Spool, mark: str | None = None) -> Reader:
        reader = Reader(spool.write, mark)
        try:
            await self.engine.run(
                {"q": text} | query.used_parameters | query.paging(self.limits), reader.take, query.demand
            )
        except QueryRejected as rejected:
            in_words_of_the_caller(rejected, query.q)
            raise
        reader.finish()
        return reader

    async def _searched(self, query: Query, text: str) -> list[EhrId]:
        """Asked after the query itself: in between more may be found, which is no harm, rather than less."""
        found: list[EhrId] = []
        size = self.limits.default
        while len(found) < self.limits.maximum:
            rows: list[bytes] = []
            reader = Reader(rows.append)
            page = {"fetch": size, "offset": len(found)}
            await self.engine.run({"q": text} | query.used_parameters | page, reader.take, query.demand)
            reader.finish()
            found += [EhrId(row[0]) for row in json.loads(b"[" + b"".join(rows).rpartition(b"}")[0])]
            if reader.rows < size:
                return found
        raise QueryRowsTooMany(f"{self.limits.maximum} EHRs or more are searched: say which.")

    async def _released(
        self, principal: Principal, query: Query, reader: Reader, spool: Spool, ehrs: Sequence[LinkedEhr]
    ) -> ResultSet:
        await self.access.queried(principal.actor(), ehrs, query.known_as or query.q, reader.rows)
        return ResultSet(query, reader.head, spool)
