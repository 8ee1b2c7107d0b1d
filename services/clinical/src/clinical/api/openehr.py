"""AQL of ITS-REST, on the same use case as the patient-centred API."""

from fastapi import Response

from clinical.api.dependencies import Asker, Services
from clinical.api.schemas import AqlQuery
from clinical.domain.aql import bind_to_ehrs, bound_ehr
from clinical.service.queries import Query


async def openehr_query(caller: Asker, asked: AqlQuery, services: Services) -> Response:
    """The query names its one EHR itself: `FROM EHR e[ehr_id/value=$ehr_id]`."""
    ehr_id = bound_ehr(asked.q, asked.query_parameters)
    record = await services.ehrs.by_id(ehr_id)
    query = Query(bind_to_ehrs(asked.q, [ehr_id]), asked.query_parameters, asked.fetch, asked.offset)
    document = await services.queries.run_bound(caller, record, query)
    return Response(document.content, media_type=document.media_type)
