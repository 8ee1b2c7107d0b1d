"""`…/versions/{version}/migration-checks`: which stored compositions would fail under this version."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Principal, require
from openward_servicekit.http import quote_segment
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router
from pydantic import BaseModel, Field

from templates.api.dependencies import NamedTemplate, Services
from templates.api.versions import PREFIX, NamedVersion
from templates.domain.migration_check import CheckState, MigrationCheck
from templates.domain.permissions import CHECK_MIGRATION, READ_MIGRATION_CHECK

router = api_router(f"{PREFIX}/{{template_id}}/versions/{{version}}/migration-checks", tags=["versions"])

Checker = Annotated[Principal, Depends(require(CHECK_MIGRATION))]
CheckReader = Annotated[Principal, Depends(require(READ_MIGRATION_CHECK))]


class ProblemView(BaseModel):
    rule: str
    path: str
    compositions: int


class MigrationCheckView(BaseModel):
    """Its findings by composition are at `/api/clinical/v1/migration-checks/{check_id}/findings`."""

    check_id: UUID
    template_id: TemplateId
    version: str
    sha256: str
    state: CheckState
    examined: int
    failing: int
    total: Annotated[int | None, Field(description="compositions there were when it began")]
    problems: Annotated[list[ProblemView], Field(description="the most frequent first, once it has ended")]
    reason: Annotated[str | None, Field(description="why it failed")]
    requested_by: str
    requested_at: datetime
    updated_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, check: MigrationCheck) -> "MigrationCheckView":
        return cls(
            check_id=check.id,
            template_id=check.template_id,
            version=str(check.version),
            sha256=check.sha256,
            state=check.state,
            examined=check.counts.examined,
            failing=check.counts.failing,
            total=check.counts.total,
            problems=[ProblemView(**vars(problem)) for problem in check.problems],
            reason=check.reason,
            requested_by=check.requested_by,
            requested_at=check.requested_at,
            updated_at=check.updated_at,
            finished_at=check.finished_at,
        )


@router.post("", status_code=202, responses=sends("Location", status=202))
async def request_migration_check(
    caller: Checker, template_id: NamedTemplate, version: NamedVersion, services: Services, response: Response
) -> MigrationCheckView:
    """A new check, or the one of the same document that is under way; it goes on by itself."""
    check = await services.migration_checks.request(caller, template_id, version)
    place = f"{PREFIX}/{quote_segment(template_id)}/versions/{version}/migration-checks"
    response.headers["Location"] = f"{place}/{check.id}"
    return MigrationCheckView.of(check)


@router.get("/{check_id}")
async def read_migration_check(
    caller: CheckReader,
    template_id: NamedTemplate,
    version: NamedVersion,
    check_id: UUID,
    services: Services,
) -> MigrationCheckView:
    return MigrationCheckView.of(await services.migration_checks.find(caller, template_id, version, check_id))
