"""Events of migration checks: which stored compositions would fail under a version of their template."""

from typing import Annotated, ClassVar, Final
from uuid import UUID

from pydantic import Field, StringConstraints

from openward_contracts.identifiers import TemplateId
from openward_contracts.payload import Payload, Sha256, Slug

#: Characters of base64; with its envelope a message stays below the 1 MB that NATS carries.
MAX_WEB_TEMPLATE: Final = 900_000
#: Problems that the end of a check tells of, the most frequent first.
MAX_PROBLEMS: Final = 50
MAX_PATH: Final = 1000

#: A rule's slug, a blank and a path, which never holds a value of a composition.
Problem = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63} .{0,1000}$")]

SemanticVersion = Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$", max_length=32)]
Count = Annotated[int, Field(ge=0)]


class _OfCheck(Payload):
    check_id: UUID
    template_id: TemplateId


class MigrationCheckRequested(_OfCheck):
    """Somebody asks which stored compositions of a template would fail under this version of it."""

    subject: ClassVar[str] = "templates.migration_check.requested.v1"
    aggregate: ClassVar[str] = "check id"

    semantic_version: SemanticVersion
    sha256: Sha256 = Field(description="of the version's bytes as they were uploaded")
    web_template: Annotated[str, StringConstraints(max_length=MAX_WEB_TEMPLATE)] = Field(
        description="of the version (simSDT 2.3): JSON, compressed by gzip, in base64"
    )


class _Counted(_OfCheck):
    examined: Count = Field(description="compositions so far")
    failing: Count = Field(description="those of them that would fail")
    total: Count | None = Field(
        default=None, description="compositions there were at the start, once they are counted"
    )


class MigrationCheckProgressed(_Counted):
    """A check goes on; told at its start and every few seconds."""

    subject: ClassVar[str] = "clinical.migration_check.progressed.v1"
    aggregate: ClassVar[str] = "check id"


class MigrationCheckFinished(_Counted):
    """A check has ended; with a `reason`, before it could look at everything."""

    subject: ClassVar[str] = "clinical.migration_check.finished.v1"
    aggregate: ClassVar[str] = "check id"

    reason: Slug | None = Field(default=None, description="why it failed")
    problems: Annotated[dict[Problem, Annotated[int, Field(ge=1)]], Field(max_length=MAX_PROBLEMS)] = Field(
        default={},
        description="in how many compositions a rule is broken at a path of the template, most first; "
        "the key is `<rule> <path>`",
    )
