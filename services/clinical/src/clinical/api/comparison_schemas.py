"""What goes over the wire about changes between versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from openward_contracts.identifiers import TemplateId
from openward_openehr.recorded.difference import Kind
from pydantic import BaseModel, ConfigDict, Field

from clinical.api.listing import ListedVersion
from clinical.api.timeline_schemas import CodedTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedValue:
    """As it is in one of the versions."""

    text: Annotated[str, Field(description="as a person reads it, with units")]
    recorded_text: Annotated[
        str | None, Field(description="the same as it was recorded, if that is another")
    ] = None
    rm_type: str
    magnitude: float | None = None
    units: Annotated[str | None, Field(description="UCUM, as recorded")] = None
    codes: Annotated[
        Sequence[CodedTerm] | None, Field(description="its own, then those that it is mapped to")
    ] = None
    null_flavour: CodedTerm | None = None
    time: Annotated[datetime | None, Field(description="of its event")] = None
    path: Annotated[str, Field(description="from its composition, to this one alone")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedEntry:
    """The entry that a change is in, as it is afterwards; one that was removed as it was."""

    label: str
    archetype_id: str
    rm_type: str
    sections: Annotated[Sequence[str] | None, Field(description="their labels, the outer first")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionChange:
    """Of one value."""

    kind: Kind
    label: str
    within: Annotated[
        Sequence[str],
        Field(description="labels of the events, clusters and activities that hold it, the outer first"),
    ]
    entry: Annotated[ChangedEntry | None, Field(description="absent: of the composition itself")] = None
    node: Annotated[str, Field(description="from its entry by node ids, the same in every composition")]
    before: Annotated[ComparedValue | None, Field(description="absent of what was added")] = None
    after: Annotated[ComparedValue | None, Field(description="absent of what was removed")] = None


class CompositionDifference(BaseModel):
    """`from` is absent where `to` is the first version. Of a version that deletes everything was removed."""

    model_config = ConfigDict(populate_by_name=True)

    object_id: UUID
    template_id: TemplateId | None = None
    language: str | None = Field(default=None, description="of the labels")
    before: ListedVersion | None = Field(default=None, alias="from")
    after: ListedVersion = Field(alias="to")
    changes: Sequence[CompositionChange]
