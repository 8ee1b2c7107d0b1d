"""What a migration check found, version by version; `templates` is asked for the check itself."""

from collections.abc import Sequence
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import Query
from openward_contracts.identifiers import TemplateId, VersionUid
from openward_servicekit.routing import api_router
from pydantic import BaseModel

from clinical.api.dependencies import CheckReader, Exact, Services
from clinical.domain.migration_check import CheckState, Finding, MigrationCheck

router = api_router("/api/clinical/v1/migration-checks/{check_id}", tags=["clinical"], dependencies=[Exact])


class Problem(BaseModel):
    """A rule, and where in the template it is broken; no value of the composition."""

    rule: str
    path: str


class FailingVersion(BaseModel):
    version_uid: VersionUid
    problems: list[Problem]


class MigrationFindings(BaseModel):
    """`next_after` is absent on the last page; while the check runs, more may follow there."""

    check_id: UUID
    template_id: TemplateId
    version: str
    state: CheckState
    versions: list[FailingVersion]
    next_after: VersionUid | None = None

    @classmethod
    def of(cls, check: MigrationCheck, findings: Sequence[Finding], limit: int) -> "MigrationFindings":
        versions = [
            FailingVersion(version_uid=uid, problems=[Problem(rule=f.rule, path=f.path) for f in found])
            for uid, found in groupby(findings, key=lambda finding: finding.version_uid)
        ]
        return cls(
            check_id=check.check_id,
            template_id=check.template_id,
            version=check.version,
            state=check.state,
            versions=versions,
            next_after=versions[-1].version_uid if len(versions) == limit else None,
        )


@router.get("/findings", response_model_exclude_none=True)
async def read_findings(
    caller: CheckReader,
    check_id: UUID,
    services: Services,
    after: Annotated[VersionUid | None, Query(description="`next_after` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> MigrationFindings:
    check, findings = await services.migration_checks.findings(caller, check_id, after, limit)
    return MigrationFindings.of(check, findings, limit)
