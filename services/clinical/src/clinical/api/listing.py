"""`/api/clinical/v1/patients/{patient_id}/compositions`: which there are, and the versions of one."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path, Query, Response
from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_contracts.page import Page
from openward_servicekit.routing import api_router
from pydantic import BaseModel, Field

from clinical.api.dependencies import OfPatient, Paging, Reader, Services
from clinical.api.routes import PREFIX, canonical
from clinical.domain.audits import Author
from clinical.domain.errors import CompositionNotFound
from clinical.domain.listing import Listed

router = api_router(PREFIX + "/patients/{patient_id}/compositions", tags=["clinical"])


class Committer(BaseModel):
    """Who committed a version, as their token said."""

    sub: str
    client_id: str
    roles: list[str]
    on_behalf_of: str | None = None
    purpose: str | None = None
    why: str | None = Field(default=None, description="the description that was sent in the commit's audit")

    @classmethod
    def of(cls, author: Author) -> Self:
        actor = author.actor
        return cls(
            sub=actor.sub,
            client_id=actor.client_id,
            roles=list(actor.roles),
            on_behalf_of=actor.on_behalf_of,
            purpose=actor.purpose,
            why=author.stated.description,
        )


class ListedVersion(BaseModel):
    """A version and nothing of what it holds; no `committer`: it was written past this service."""

    version_uid: VersionUid
    version: int
    ehr_id: EhrId
    template_id: TemplateId | None = None
    committed_at: datetime
    deleted: bool | None = Field(
        default=None, description="this version says that the composition is deleted"
    )
    committer: Committer | None = None

    @classmethod
    def of(cls, listed: Listed) -> Self:
        row = listed.row
        return cls(
            version_uid=listed.version_uid,
            version=row.version,
            ehr_id=row.ehr_id,
            template_id=row.template_id,
            committed_at=row.committed_at,
            deleted=row.deleted or None,
            committer=Committer.of(listed.author) if listed.author else None,
        )


@router.get("", response_model_exclude_none=True)
async def list_compositions(
    caller: Reader,
    record: OfPatient,
    paging: Paging,
    services: Services,
    response: Response,
    template_id: Annotated[TemplateId | None, Query(description="of this template alone")] = None,
) -> Page[ListedVersion]:
    """The latest version of each composition, the last committed first; merged patients have theirs together.

    What the caller may not read is left out, so that a page may be shorter than `limit` and not the last.
    """
    cursor, limit = paging
    asked = "compositions", record.named_id, template_id
    after = services.cursors.read(cursor, caller, *asked)
    page = await services.listing.page(caller, record, template_id, after, limit)
    response.headers.update(canonical(record))
    items = [ListedVersion.of(listed) for listed in page.items]
    return Page(items=items, next_cursor=services.cursors.make(page.next, caller, *asked))


@router.get("/{object_id}/history", response_model_exclude_none=True)
async def read_composition_history(
    caller: Reader,
    record: OfPatient,
    object_id: Annotated[str, Path()],
    services: Services,
    response: Response,
) -> list[ListedVersion]:
    """Every version, the latest first."""
    versions = await services.listing.versions(caller, record, _object_id(object_id))
    response.headers.update(canonical(record))
    return [ListedVersion.of(listed) for listed in versions]


def _object_id(text: str) -> UUID:
    """A composition that cannot be named cannot be there."""
    try:
        return UUID(text)
    except ValueError:
        raise CompositionNotFound from None
