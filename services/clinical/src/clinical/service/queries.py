"""AQL, bound to the EHRs of one person, answered only after its access record is durable."""

import json
from dataclasses import dataclass, replace

from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.aql import bind_to_ehrs, is_limited
from clinical.domain.permissions import QUERY
from clinical.domain.ports import AccessLog, Cdr, Document
from clinical.domain.record import PatientRecord

MAX_ROWS = 1000


@dataclass(frozen=True)
class Query:
    """`fetch` and `offset` page through the rows; `parameters` are the values of `$name` in `q`."""

    q: str
    parameters: dict[str, object]
    fetch: int = MAX_ROWS
    offset: int = 0


@dataclass(frozen=True)
class QueryService:
    cdr: Cdr
    access: AccessLog
    authorizer: Authorizer

    async def run(self, principal: Principal, record: PatientRecord, query: Query) -> Document:
        """The query is bound to the record's EHRs, whatever EHR it names itself."""
        q = bind_to_ehrs(query.q, [ehr.ehr_id for ehr in record.readable])
        return await self.run_bound(principal, record, replace(query, q=q))

    async def run_bound(self, principal: Principal, record: PatientRecord, query: Query) -> Document:
        """The caller has made sure that the query reads the record's readable EHRs and no others."""
        patient_id, ehr_id = record.judged_as(principal.patient_id), record.target.ehr_id
        await self.authorizer.authorize(principal, QUERY, patient_id=patient_id, ehr_id=ehr_id)
        fetch = None if is_limited(query.q) else min(query.fetch, MAX_ROWS)
        answer = await self.cdr.query(query.q, query.parameters, fetch, query.offset)
        rows = json.loads(answer.content).get("rows") or []
        await self.access.queried(principal.actor(), record.readable, query.q, len(rows))
        return answer
