"""What is read at EHRbase and passed on: one route for each row of the table, twice."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from openward_servicekit.auth import Principal, require

from clinical.api.dependencies import EhrReader, Services
from clinical.api.negotiation import WantedDocument
from clinical.api.openehr_answers import base_of, passed, passed_headers
from clinical.domain.errors import EhrNotFound
from clinical.domain.operations import Operation

#: The one resource of which EHRbase says when it was last changed; elsewhere it sends a placeholder.
_DATED = "ehr_status"


def reading(operation: Operation) -> Callable[..., Awaitable[Response]]:
    """The endpoint of one operation."""

    async def read(
        request: Request,
        caller: Annotated[Principal, Depends(require(operation.permission))],
        services: Services,
        accept: WantedDocument,
    ) -> Response:
        params = {
            name: request.query_params[name] for name in operation.params if name in request.query_params
        }
        answer = await services.forwarder.read(caller, operation, request.path_params, params, accept)
        dated = operation.resource == _DATED
        return await passed(answer, passed_headers(answer.headers, base_of(request), modified=dated))

    read.__name__ = f"openehr_read_{operation.name}"
    return read


async def openehr_find_ehr(
    request: Request,
    caller: EhrReader,
    services: Services,
    accept: WantedDocument,
    subject_id: Annotated[str, Query(max_length=1000)] = "",
    subject_namespace: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """The EHR of a subject. `openward` is the name space of the patient registry."""
    params = {"subject_id": subject_id, "subject_namespace": subject_namespace}
    if not all(params.values()):
        raise EhrNotFound
    _, answer = await services.forwarder.ehr_of_subject(caller, params, accept)
    return await passed(answer, passed_headers(answer.headers, base_of(request)))
