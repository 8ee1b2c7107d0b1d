"""What goes over the wire of a snapshot. Dataclasses: written as they are, and validated by nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from openward_contracts.identifiers import TemplateId, VersionUid
from pydantic import Field, TypeAdapter

from clinical.api.latest_schemas import LatestValue
from clinical.api.timeline_schemas import CodedTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDetail:
    """One value of an item; `name` is that of the mapping, `label` that of the template."""

    name: str
    label: str
    text: Annotated[str, Field(description="as a person reads it, with units")]
    value: Annotated[str | None, Field(description="of dates, times and durations: ISO 8601")] = None
    magnitude: float | None = None
    unit: str | None = None
    codes: Sequence[CodedTerm] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotItem:
    """A problem, a medication, an allergy; `title` in the caller's language."""

    title: str
    codes: Sequence[CodedTerm] | None = None
    active: bool
    details: Sequence[SnapshotDetail]
    at: Annotated[datetime, Field(description="when it was so; what does not say: when it was committed")]
    committed_at: datetime
    template_id: TemplateId | None = None
    archetype_id: str
    version_uid: VersionUid
    path: Annotated[str, Field(description="from the composition, to what the item is made of")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSection:
    """`items`, or of measurements the latest `values`."""

    name: str
    label: str
    items: Sequence[SnapshotItem] | None = None
    values: Mapping[str, LatestValue] | None = None
    labels: Annotated[Mapping[str, str] | None, Field(description="of the measurements in `values`")] = None
    more: Annotated[bool | None, Field(description="there are more than are told")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSnapshot:
    """Sections in the order of the mapping."""

    sections: Sequence[SnapshotSection]
    unreadable: Annotated[
        int | None, Field(description="compositions that may hold more: they cannot be read")
    ] = None


_JSON: TypeAdapter[PatientSnapshot] = TypeAdapter(PatientSnapshot)


def written(snapshot: PatientSnapshot) -> bytes:
    return _JSON.dump_json(snapshot, exclude_none=True)
