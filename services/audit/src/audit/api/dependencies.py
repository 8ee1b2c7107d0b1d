"""What a route asks for: the caller with a permission, and what to search for."""

from typing import Annotated, cast

from fastapi import Depends, Query, Request
from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal, require
from pydantic import AwareDatetime

from audit.domain.permissions import SEARCH, SEE_STREAMS
from audit.domain.search import Filters
from audit.service.audit import Audit


async def audit(request: Request) -> Audit:
    return cast("Audit", request.app.state.audit)


Services = Annotated[Audit, Depends(audit)]
Searcher = Annotated[Principal, Depends(require(SEARCH))]
Overseer = Annotated[Principal, Depends(require(SEE_STREAMS))]

Kind = Annotated[
    str | None,
    Query(
        max_length=255,
        pattern=r"^[^\s*>.]+(\.[^\s*>.]+)*\.?$",
        description="a NATS subject, or with a dot at its end the beginning of one",
        examples=["access.record.read.v1", "access."],
    ),
]


async def filters(
    patient_id: Annotated[PatientId | None, Query()] = None,
    actor: Annotated[str | None, Query(min_length=1, max_length=255, description="`sub` of a token")] = None,
    kind: Kind = None,
    since: Annotated[AwareDatetime | None, Query(alias="from", description="inclusive")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to", description="exclusive")] = None,
) -> Filters:
    return Filters(patient_id, actor, kind, since, until)


Wanted = Annotated[Filters, Depends(filters)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=4096, description="`next_cursor` of the page before")]
