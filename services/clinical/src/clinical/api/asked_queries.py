"""What a client of ITS-REST asks: AQL, its values, its page, and the EHR that it is bound to.

Read from the request by plain calls: FastAPI takes as long to resolve what these need as the query's binding.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Request
from openward_contracts.identifiers import EhrId
from openward_servicekit.auth import Principal
from openward_servicekit.body import check_content
from openward_servicekit.errors import Failure, Malformed, NotAcceptable

from clinical.api.negotiation import takes_json
from clinical.domain.querying import Query
from clinical.domain.record import PatientRecord
from clinical.domain.refusals import refusal
from clinical.service.records import Records

#: In an address these are not values of `$name`.
_RESERVED: Final = frozenset(("q", "fetch", "offset", "query_parameters"))


def refused(message: str) -> Failure:
    """400 in EHRbase's words."""
    return refusal(400, message) or Malformed(message)


def expect_json_wanted(request: Request) -> None:
    """Raises NotAcceptable: in XML EHRbase runs the columns of all rows together."""
    if not takes_json(request.headers.get("accept", "")):
        raise NotAcceptable("application/json.")


async def bound_record(request: Request, caller: Principal, records: Records) -> PatientRecord | None:
    """Of the EHR that the query is bound to from outside: by `ehr_id`, or the header `openehr-ehr-id`."""
    given = (request.query_params.get("ehr_id"), request.headers.get("openehr-ehr-id"))
    named = {text.lower() for text in given if text}
    if len(named) > 1:
        raise refused("ehr_id and openehr-ehr-id name different EHRs.")
    return await records.by_id(caller, _ehr_id(named.pop())) if named else None


def _ehr_id(text: str) -> EhrId:
    try:
        return EhrId(text)
    except ValueError:
        raise refused("ehr_id is no UUID.") from None


def query_in_address(request: Request, q: str = "") -> Query:
    """`?fetch=…&<name>=…`, and EHRbase's `query_parameters=<name>=…&…`; values are text."""
    params = request.query_params
    named: dict[str, object] = dict(parse_qsl(params.get("query_parameters", ""), keep_blank_values=True))
    for name in params:
        if name not in _RESERVED:
            values = params.getlist(name)
            named[name] = values[0] if len(values) == 1 else values
    return Query(q, named, *_numbers(params))


def whole_query_in_address(request: Request) -> Query:
    if (q := request.query_params.get("q")) is None:
        raise refused("Required request parameter 'q' for method parameter type String is not present")
    return query_in_address(request, q)


async def query_in_body(request: Request) -> Query:
    """`{"query_parameters": {…}, "fetch": …, "offset": …}`; EHRbase ignores other members, too."""
    return _query(request, "", await _body(request))


async def whole_query_in_body(request: Request) -> Query:
    """The same with `q`."""
    body = await _body(request)
    match body.get("q"):
        case str(q):
            return _query(request, q, body)
        case None:
            raise refused("No aql query provided")
        case list():
            raise refused("Multiple aql queries provided")
    raise refused("Data type of aql query not supported")


async def _body(request: Request) -> Mapping[str, Any]:
    check_content(request, takes_json=True)  # the route does not know that it takes a body
    body = await request.json() if await request.body() else {}
    if not isinstance(body, dict):
        raise refused("A query is sent as an object.")
    return body


def _query(request: Request, q: str, body: Mapping[str, Any]) -> Query:
    parameters = body.get("query_parameters")
    if parameters is None:
        parameters = {}
    if not isinstance(parameters, dict):
        raise refused("query_parameters is an object.")
    if named := request.query_params.get("ehr_id"):
        parameters = {"ehr_id": named, **parameters}
    return Query(q, parameters, *_numbers(body))


def _numbers(given: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """`fetch` and `offset`."""
    return _number("fetch", given.get("fetch")), _number("offset", given.get("offset"))


def _number(name: str, value: object) -> int | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or len(text) > 18:
        raise refused(f"invalid '{name}' value")
    return int(text)
