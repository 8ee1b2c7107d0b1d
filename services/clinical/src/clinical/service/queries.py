"""AQL, bound to one EHR, answered only after its access record is durable."""

import json
from dataclasses import dataclass, replace

from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.aql import EHR_PARAMETER, bind_to_ehr, is_limited
from clinical.domain.errors import QueryRejected
from clinical.domain.permissions import QUERY
from clinical.domain.ports import AccessLog, Cdr, Document, LinkedEhr

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

    async def run(self, principal: Principal, ehr: LinkedEhr, query: Query) -> Document:
        """The query is bound to this EHR; one that names an EHR itself is refused."""
        if EHR_PARAMETER in query.parameters:
            raise QueryRejected(f"The parameter {EHR_PARAMETER} is not the caller's to set.")
        parameters = {**query.parameters, EHR_PARAMETER: str(ehr.ehr_id)}
        bound = replace(query, q=bind_to_ehr(query.q), parameters=parameters)
        return await self.run_bound(principal, ehr, bound)

    async def run_bound(self, principal: Principal, ehr: LinkedEhr, query: Query) -> Document:
        """The caller has made sure that the query reads this EHR and no other."""
        await self.authorizer.authorize(principal, QUERY, patient_id=ehr.patient_id, ehr_id=ehr.ehr_id)
        fetch = None if is_limited(query.q) else min(query.fetch, MAX_ROWS)
        answer = await self.cdr.query(query.q, query.parameters, fetch, query.offset)
        rows = json.loads(answer.content).get("rows") or []
        await self.access.queried(principal.actor(), ehr, query.q, len(rows))
        return answer
