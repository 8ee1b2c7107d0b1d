"""What goes over the wire."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from openward_contracts.identifiers import TemplateId
from pydantic import BaseModel, Field, PlainSerializer

from templates.domain.record import Record
from templates.domain.template import CdrState, Template
from templates.domain.version import Severity, State, Version

SemVer = Annotated[str, Field(description="semantic version, major.minor.patch", examples=["1.2.0"])]


class FindingView(BaseModel):
    """`line` and `column` of the document, from 1."""

    severity: Severity
    code: str
    detail: str
    line: int
    column: int
    path: Annotated[str, Field(description="of AQL for what is in the definition, else of the XML")]
    label: Annotated[str | None, Field(description="of the node")]


class VersionView(BaseModel):
    """A version without its document, of which `sha256` and `size` (bytes) speak."""

    version: SemVer
    state: Annotated[State, Field(description="`published`: compositions can be made with it")]
    refusal: Annotated[str | None, Field(description="why the clinical data repository does not have it")]
    concept: str
    archetype_id: str
    sha256: str
    size: int
    uploaded_by: Annotated[str, Field(description="the subject of the token")]
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    retired_at: datetime | None

    @classmethod
    def of(cls, version: Version) -> "VersionView":
        return cls(**_said_of(version))


class VersionDetails(VersionView):
    template_id: TemplateId
    findings: list[FindingView]

    @classmethod
    def of_record(cls, record: Record, version: Version) -> "VersionDetails":
        return cls(**_said_of(version), template_id=record.id, findings=findings_of(version))


class VersionList(BaseModel):
    """From the highest to the lowest."""

    items: list[VersionView]

    @classmethod
    def of(cls, record: Record) -> "VersionList":
        return cls(items=[VersionView.of(version) for version in reversed(record.versions)])


class FindingList(BaseModel):
    """In the order of their places."""

    items: list[FindingView]


class TemplateView(BaseModel):
    """A template as its highest published version shows it, else the highest of all."""

    template_id: TemplateId
    version: SemVer
    uploads: Annotated[int, Field(description="counts the uploads of this id")]
    state: Annotated[State, Field(description="`published`: compositions can be made with it")]
    cdr_state: Annotated[
        CdrState,
        Field(
            description="what the clinical data repository has: nothing, the published version, another"
            " document that compositions need, or a retired one that compositions use"
        ),
    ]
    refusal: Annotated[str | None, Field(description="why the clinical data repository does not have it")]
    concept: str
    archetype_id: str
    sha256: str
    size: int
    uploaded_by: Annotated[str, Field(description="the subject of the token")]
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None

    @classmethod
    def of(cls, template: Template) -> "TemplateView":
        return cls(**_view_of(template))


class TemplateDetails(TemplateView):
    """With all versions, and what was found in this one."""

    findings: list[FindingView]
    versions: list[VersionView]

    @classmethod
    def of_record(cls, record: Record, version: Version) -> "TemplateDetails":
        return cls(
            **_view_of(record.template(version)),
            findings=findings_of(version),
            versions=VersionList.of(record).items,
        )


def findings_of(version: Version) -> list[FindingView]:
    return [FindingView(**asdict(finding)) for finding in version.findings]


def _said_of(version: Version) -> dict[str, Any]:
    return {
        "version": str(version.number),
        "state": version.state,
        "refusal": version.refusal,
        "concept": version.concept,
        "archetype_id": version.archetype_id,
        "sha256": version.sha256,
        "size": version.size,
        "uploaded_by": version.uploaded_by,
        "created_at": version.created_at,
        "updated_at": version.updated_at,
        "published_at": version.published_at,
        "retired_at": version.retired_at,
    }


def _view_of(template: Template) -> dict[str, Any]:
    return {
        "template_id": template.id,
        "version": str(template.version),
        "uploads": template.uploads,
        "state": template.state,
        "cdr_state": template.cdr_state,
        "refusal": template.refusal,
        "concept": template.concept,
        "archetype_id": template.archetype_id,
        "sha256": template.sha256,
        "size": template.size,
        "uploaded_by": template.uploaded_by,
        "created_at": template.created_at,
        "updated_at": template.updated_at,
        "published_at": template.published_at,
    }


def _in_milliseconds(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TemplateListed(BaseModel):
    """A row of the openEHR ITS-REST list, its time as EHRbase's own client reads it: to the millisecond."""

    template_id: TemplateId
    concept: str
    archetype_id: str
    created_timestamp: Annotated[datetime, PlainSerializer(_in_milliseconds)]

    @classmethod
    def of(cls, template: Template) -> "TemplateListed":
        return cls(
            template_id=template.id,
            concept=template.concept,
            archetype_id=template.archetype_id,
            created_timestamp=template.created_at,
        )
