"""`/api/clinical/v1/patients/{patient_id}/compositions`: which there are; of one versions and encounters."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Response
from openward_contracts.identifiers import EhrId, EncounterId, TemplateId, VersionUid
from openward_contracts.page import Page
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router
from pydantic import BaseModel, ConfigDict, Field

from clinical.api.dependencies import Exact, ObjectId, OfPatient, Paging, Reader, Services, Unstored
from clinical.api.routes import PREFIX, canonical
from clinical.domain.audits import Author
from clinical.domain.belonging import Move, Step
from clinical.domain.listing import Listed
from clinical.domain.stated import LIFECYCLE_STATES

router = api_router(
    PREFIX + "/patients/{patient_id}/compositions", tags=["clinical"], dependencies=[Exact, Unstored]
)


class Agent(BaseModel):
    """Who did it, as their token said."""

    model_config = ConfigDict(from_attributes=True)

    sub: str
    client_id: str
    roles: list[str]
    on_behalf_of: str | None = None
    purpose: str | None = None


class Committer(Agent):
    """Who committed a version."""

    why: str | None = Field(default=None, description="the description that was sent in the commit's audit")

    @classmethod
    def of(cls, author: Author) -> Self:
        agent = Agent.model_validate(author.actor)
        return cls(**agent.model_dump(), why=author.stated.description)


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
    lifecycle_state: str = Field(description="of the version, as openEHR's terminology names it: complete, …")
    encounter_id: EncounterId | None = Field(default=None, description="where the composition belongs now")
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
            lifecycle_state=LIFECYCLE_STATES[listed.lifecycle_state],
            encounter_id=listed.encounter_id,
            committer=Committer.of(listed.author) if listed.author else None,
        )


class EncounterOfComposition(BaseModel):
    """One change of the encounter that a composition belongs to.

    An encounter that is another person's by now, since patients were unmerged, is not named.
    """

    step: int = Field(description="counts the changes", examples=[2])
    change: Move = Field(examples=["moved"])
    from_encounter_id: EncounterId | None = Field(
        default=None, description="where it belonged until then; absent when it was put in"
    )
    encounter_id: EncounterId | None = Field(
        default=None, description="where it belonged from then on; absent when it was taken out"
    )
    version_uid: VersionUid = Field(description="the composition's latest version at that time")
    recorded_at: datetime
    recorded_by: Agent = Field(
        description="before these changes were kept only `sub` of the last one was: its `client_id` is empty"
    )

    @classmethod
    def of(cls, step: Step, object_id: UUID, system_id: str) -> Self:
        return cls(
            step=step.number,
            change=step.change,
            from_encounter_id=step.left,
            encounter_id=step.entered,
            version_uid=VersionUid.of(object_id, system_id, step.version),
            recorded_at=step.recorded_at,
            recorded_by=Agent.model_validate(step.actor),
        )


@router.get("", response_model_exclude_none=True, responses=sends("Link"))
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


@router.get("/{object_id}/history", response_model_exclude_none=True, responses=sends("Link"))
async def read_composition_history(
    caller: Reader,
    record: OfPatient,
    object_id: ObjectId,
    services: Services,
    response: Response,
) -> list[ListedVersion]:
    """Every version, the latest first."""
    versions = await services.listing.versions(caller, record, object_id)
    response.headers.update(canonical(record))
    return [ListedVersion.of(listed) for listed in versions]


@router.get("/{object_id}/encounters", response_model_exclude_none=True, responses=sends("Link"))
async def read_composition_encounters(
    caller: Reader,
    record: OfPatient,
    object_id: ObjectId,
    services: Services,
    response: Response,
) -> list[EncounterOfComposition]:
    """Who put it into an encounter, moved it to another or took it out, and when; the first change first.

    It needs the right to read encounters, too. Empty for a composition that has never belonged to any.
    """
    steps = await services.listing.encounter_steps(caller, record, object_id)
    response.headers.update(canonical(record))
    system_id = services.listing.system_id
    return [EncounterOfComposition.of(step, object_id, system_id) for step in steps]
