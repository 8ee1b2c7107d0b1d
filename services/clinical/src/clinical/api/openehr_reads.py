"""What is read at EHRbase and passed on: one route for each row of the table, twice."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from openward_contracts.identifiers import EhrId
from openward_servicekit.auth import Principal, require

from clinical.api.dependencies import EhrReader, Services
from clinical.api.negotiation import JSON, XML, WantedDocument, takes_json
from clinical.api.openehr_answers import base_of, passed, passed_headers
from clinical.domain.errors import CdrError, EhrNotFound
from clinical.domain.operations import EHR_OF_SUBJECT, Operation
from clinical.domain.refusals import RequestRefused, spoken

_AT = "version_at_time"

#: EHRbase adds what it was given: the subject's id, which has no place in an error.
_UNASKED: Final = (
    'Parameter conditions "subject_id, subject_namespace" not met for actual request parameters: '
)


def reading(operation: Operation) -> Callable[..., Awaitable[Response]]:
    """The endpoint of one operation."""

    async def read(
        request: Request,
        caller: Annotated[Principal, Depends(require(operation.permission))],
        services: Services,
        accept: WantedDocument,
    ) -> Response:
        query = request.query_params
        params = {name: query[name] for name in operation.params if name in query}
        if not params.get(_AT):  # EHRbase fails at an empty one
            params.pop(_AT, None)
        given = (caller, operation, request.path_params, params)
        try:
            answer = await services.forwarder.read(*given, accept)
        except CdrError:  # of REVISION_HISTORY it makes no XML
            if accept != XML or not takes_json(request.headers["accept"]):
                raise
            answer = await services.forwarder.read(*given, JSON)
        if operation.tells:
            ehr_id = EhrId(UUID(request.path_params["ehr_id"]))
            answer = await services.authorship.answered(answer, ehr_id, operation.resource)
        if operation.name == "versioned_composition":
            answer = await services.authorship.dated(answer, UUID(request.path_params["object_id"]))
        headers = passed_headers(answer.headers, base_of(request))
        if operation.resource == "directory" and ("version_uid" in request.path_params or _AT in params):
            headers.pop("last-modified", None)  # of an earlier version EHRbase tells the latest one's
        return await passed(answer, headers)

    read.__name__ = f"openehr_read_{operation.name}"
    return read


async def openehr_find_ehr(
    request: Request,
    caller: EhrReader,
    services: Services,
    accept: WantedDocument,
    subject_id: Annotated[str | None, Query(max_length=1000)] = None,
    subject_namespace: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The EHR of a subject. `openward` is the name space of the patient registry."""
    if subject_id is None or subject_namespace is None:
        raise RequestRefused("subject_id and subject_namespace are needed.", extensions=spoken(_UNASKED))
    params = {"subject_id": subject_id, "subject_namespace": subject_namespace}
    if not all(params.values()):
        raise EhrNotFound
    ehr_id, answer = await services.forwarder.ehr_of_subject(caller, params, accept)
    answer = await services.authorship.answered(answer, ehr_id, EHR_OF_SUBJECT.resource)
    return await passed(answer, passed_headers(answer.headers, base_of(request)))
