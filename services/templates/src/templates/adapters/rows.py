"""Templates and their versions as Prisma's rows, and back."""

from dataclasses import asdict
from typing import Any

from openward_contracts.identifiers import TemplateId

from templates.adapters.db import Json, models
from templates.domain.record import Record
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import CdrState, Template
from templates.domain.version import Finding, Severity, State, Version


def columns(record: Record) -> Any:
    """What an insert or update of the template's own row writes; one without versions stays as it was."""
    own = {
        "template_id": str(record.id),
        "uploads": record.uploads,
        "revision": record.revision,
        "updated_at": record.updated_at,
        "cdr_state": record.cdr_state,
    }
    if (shown := record.shown) is None:
        return own | {"state": State.DELETED, "refusal": None, "published_at": None}
    return own | {
        "version": str(shown.number),
        "sha256": shown.sha256,
        "size": shown.size,
        "state": shown.state,
        "concept": shown.concept,
        "archetype_id": shown.archetype_id,
        "refusal": shown.refusal,
        "uploaded_by": shown.uploaded_by,
        "created_at": record.created_at,
        "published_at": shown.published_at,
    }


def version_columns(template_id: TemplateId, version: Version) -> Any:
    return {
        "template_id": str(template_id),
        "version": str(version.number),
        "upload": version.upload,
        "sha256": version.sha256,
        "size": version.size,
        "state": version.state,
        "concept": version.concept,
        "archetype_id": version.archetype_id,
        "refusal": version.refusal,
        "findings": Json([asdict(finding) for finding in version.findings]),
        "uploaded_by": version.uploaded_by,
        "created_at": version.created_at,
        "updated_at": version.updated_at,
        "published_at": version.published_at,
        "retired_at": version.retired_at,
    }


def to_template(row: models.Template) -> Template:
    return Template(
        id=TemplateId(row.template_id),
        version=SemanticVersion.parse(row.version),
        uploads=row.uploads,
        revision=row.revision,
        sha256=row.sha256,
        size=row.size,
        state=State(row.state),
        concept=row.concept,
        archetype_id=row.archetype_id,
        refusal=row.refusal,
        uploaded_by=row.uploaded_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        published_at=row.published_at,
        cdr_state=CdrState(row.cdr_state),
    )


def to_record(row: models.Template) -> Record:
    """`row` with its versions."""
    versions = sorted(map(_to_version, row.versions or ()), key=lambda version: version.number)
    return Record(
        id=TemplateId(row.template_id),
        uploads=row.uploads,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
        cdr_state=CdrState(row.cdr_state),
        versions=tuple(versions),
    )


def _to_version(row: models.TemplateVersion) -> Version:
    findings: Any = row.findings
    return Version(
        number=SemanticVersion.parse(row.version),
        upload=row.upload,
        state=State(row.state),
        sha256=row.sha256,
        size=row.size,
        concept=row.concept,
        archetype_id=row.archetype_id,
        refusal=row.refusal,
        findings=tuple(Finding(**{**each, "severity": Severity(each["severity"])}) for each in findings),
        uploaded_by=row.uploaded_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        published_at=row.published_at,
        retired_at=row.retired_at,
    )
