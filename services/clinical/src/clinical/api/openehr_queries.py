"""The Query API of ITS-REST: ad hoc and stored, over one EHR or all that the caller may see."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Header, Request, Response
from openward_contracts.identifiers import EhrId
from openward_servicekit.auth import Principal, require
from openward_servicekit.body import check_content
from openward_servicekit.errors import Failure, Malformed, NotAcceptable

from clinical.api.dependencies import Asker, Services
from clinical.api.negotiation import JSON, WantedDocument
from clinical.api.openehr_answers import base_of
from clinical.api.result_sets import shown
from clinical.domain.permissions import RUN_STORED
from clinical.domain.querying import Query
from clinical.domain.record import PatientRecord
from clinical.domain.refusals import refusal
from clinical.service.clinical import Clinical

#: In an address these are not values of `$name`.
_RESERVED: Final = frozenset(("q", "fetch", "offset", "query_parameters"))
_NUMBERS: Final = ("fetch", "offset")

NamedRunner = Annotated[Principal, Depends(require(RUN_STORED))]


def refused(message: str) -> Failure:
    """400 in EHRbase's words."""
    return refusal(400, message) or Malformed(message)


def wants_json(accept: WantedDocument) -> None:
    """Raises NotAcceptable: in XML EHRbase runs the columns of all rows together."""
    if accept != JSON:
        raise NotAcceptable(f"{JSON}.")


async def bound_record(
    request: Request,
    services: Services,
    openehr_ehr_id: Annotated[str | None, Header(description="the one EHR of the query")] = None,
) -> PatientRecord | None:
    """Of the EHR that the query is bound to from outside: by `ehr_id`, or the header."""
    named = {text.lower() for text in (request.query_params.get("ehr_id"), openehr_ehr_id) if text}
    if len(named) > 1:
        raise refused("ehr_id and openehr-ehr-id name different EHRs.")
    return await services.ehrs.by_id(ehr_id_of(named.pop())) if named else None


def ehr_id_of(text: str) -> EhrId:
    try:
        return EhrId(text)
    except ValueError:
        raise refused("ehr_id is no UUID.") from None


BoundRecord = Annotated[PatientRecord | None, Depends(bound_record)]


def query_in_address(request: Request) -> Query:
    """`?q=…&fetch=…&<name>=…`, and EHRbase's `query_parameters=<name>=…&…`; values are text."""
    params = request.query_params
    named: dict[str, object] = dict(parse_qsl(params.get("query_parameters", ""), keep_blank_values=True))
    for name in params:
        if name not in _RESERVED:
            values = params.getlist(name)
            named[name] = values[0] if len(values) == 1 else values
    return Query(params.get("q", ""), named, *(_number(name, params.get(name)) for name in _NUMBERS))


async def query_in_body(request: Request) -> Query:
    """`{"q": …, "query_parameters": {…}, "fetch": …, "offset": …}`; EHRbase ignores other members, too."""
    check_content(request, takes_json=True)
    body = await request.json() if await request.body() else {}
    if not isinstance(body, dict):
        raise refused("A query is sent as an object.")
    parameters = body.get("query_parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise refused("query_parameters is an object.")
    q = body.get("q")
    return Query(
        q if isinstance(q, str) else "",
        _with_ehr_id(request, parameters or {}),
        *(_number(name, body.get(name)) for name in _NUMBERS),
    )


def _with_ehr_id(request: Request, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    named = request.query_params.get("ehr_id")
    return {"ehr_id": named, **parameters} if named else parameters


def _number(name: str, value: object) -> int | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or len(text) > 18:
        raise refused(f"invalid '{name}' value")
    return int(text)


InAddress = Annotated[Query, Depends(query_in_address)]
InBody = Annotated[Query, Depends(query_in_body)]


async def whole_query_in_body(request: Request, query: InBody) -> Query:
    q = (await request.json()).get("q") if await request.body() else None
    if not isinstance(q, str):
        other = (
            "Multiple aql queries provided" if isinstance(q, list) else "Data type of aql query not supported"
        )
        raise refused("No aql query provided" if q is None else other)
    return query


WholeInBody = Annotated[Query, Depends(whole_query_in_body)]
_IN_JSON: Final = Depends(wants_json)


async def openehr_query_by_address(
    request: Request,
    caller: Asker,
    record: BoundRecord,
    query: InAddress,
    services: Services,
    _: Annotated[None, _IN_JSON],
) -> Response:
    if "q" not in request.query_params:
        raise refused("Required request parameter 'q' for method parameter type String is not present")
    found = await services.queries.run(caller, query, record=record)
    return shown(found, services.queries.limits, href=f"{base_of(request)}/query/aql")


async def openehr_query(
    caller: Asker,
    record: BoundRecord,
    query: WholeInBody,
    services: Services,
    _: Annotated[None, _IN_JSON],
) -> Response:
    return shown(await services.queries.run(caller, query, record=record), services.queries.limits)


async def openehr_run_stored_by_address(
    request: Request,
    caller: NamedRunner,
    record: BoundRecord,
    query: InAddress,
    services: Services,
    _: Annotated[None, _IN_JSON],
) -> Response:
    """The latest version, or the one that is named: all of it, its beginning, or LATEST."""
    path = request.scope["path"].partition("/query/")[2].rstrip("/")
    return await _run_stored(request, caller, record, query, services, f"{base_of(request)}/query/{path}")


async def openehr_run_stored(
    request: Request,
    caller: NamedRunner,
    record: BoundRecord,
    query: InBody,
    services: Services,
    _: Annotated[None, _IN_JSON],
) -> Response:
    """The latest version, or the one that is named: all of it, its beginning, or LATEST."""
    return await _run_stored(request, caller, record, query, services, None)


async def _run_stored(
    request: Request,
    caller: Principal,
    record: PatientRecord | None,
    query: Query,
    services: Clinical,
    href: str | None,
) -> Response:
    name, version = request.path_params["query_name"], request.path_params.get("version")
    stored, found = await services.stored_queries.run(caller, name, version, query, record)
    return shown(found, services.queries.limits, name=f"{stored.name}/{stored.version}", href=href)
