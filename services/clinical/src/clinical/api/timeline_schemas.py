"""What goes over the wire about a timeline: dataclasses that are written as they are, checked by nobody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from openward_contracts.identifiers import EhrId, EncounterId, TemplateId, VersionUid
from pydantic import Field, TypeAdapter

from clinical.api.listing import Committer
from clinical.domain.normality import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedTerm:
    """A term of a terminology; `local`: of the entry's archetype."""

    terminology: str
    code: str
    label: Annotated[str | None, Field(description="what it stands for")] = None


@dataclass(frozen=True, slots=True)
class NormalRange:
    """In the units of its value; a bound that is absent has none."""

    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineValue:
    """One data value, or why there is none."""

    label: str
    within: Annotated[
        list[str],
        Field(description="labels of the events, clusters and activities that hold it, the outer first"),
    ]
    text: Annotated[str, Field(description="as a person reads it, with units")]
    recorded_text: Annotated[
        str | None, Field(description="the same as it was recorded, if that is another")
    ] = None
    cut: Annotated[
        int | None,
        Field(description="bytes of what is so long that `text` has its beginning only, and `…` after it"),
    ] = None
    rm_type: str
    magnitude: float | None = None
    units: Annotated[str | None, Field(description="UCUM, as recorded")] = None
    codes: Annotated[
        list[CodedTerm] | None, Field(description="its own, then those that it is mapped to")
    ] = None
    normal_range: NormalRange | None = None
    normal_status: Annotated[
        str | None, Field(description="as recorded: HHH, HH, H, N, L, LL, LLL (openEHR normal statuses)")
    ] = None
    mark: Annotated[Mark | None, Field(description="beside its normal range, else by its normal status")] = (
        None
    )
    null_flavour: CodedTerm | None = None
    time: Annotated[datetime | None, Field(description="of its event, if that is not `at`")] = None
    node: Annotated[str, Field(description="from its entry by node ids, the same in every composition")]
    path: Annotated[str, Field(description="from its composition, to this one alone")]
    aql: Annotated[
        str | None, Field(description="asks for it; absent once a newer version took its place")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """An entry of a composition."""

    version_uid: VersionUid
    position: Annotated[int, Field(description="among the entries of its composition, from 0")]
    ehr_id: EhrId
    template_id: TemplateId | None = None
    archetype_id: str
    rm_type: str
    label: str
    language: Annotated[str | None, Field(description="of the labels")] = None
    composition: Annotated[str | None, Field(description="label of the composition")] = None
    category: Annotated[str | None, Field(description="event, persistent or episodic")] = None
    sections: Annotated[list[str] | None, Field(description="their labels, the outer first")] = None
    at: Annotated[datetime, Field(description="when it was so; what does not say: when it was committed")]
    committed_at: datetime
    replaced_at: Annotated[datetime | None, Field(description="when a newer version took its place")] = None
    committer: Annotated[Committer | None, Field(description="absent: it was written past this service")] = (
        None
    )
    composer: Annotated[str | None, Field(description="the author, as the composition names them")] = None
    encounter_id: EncounterId | None = None
    path: Annotated[str, Field(description="from its composition")]
    values: list[TimelineValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePage:
    """`next_cursor` is absent on the last page; pass it back as it is to get the next one."""

    items: list[TimelineItem]
    next_cursor: Annotated[str | None, Field(description="opaque, signed, expires")] = None
    total: Annotated[int | None, Field(description="of all pages, if `total=true`")] = None
    unreadable: Annotated[
        int | None, Field(description="compositions whose entries are on no page: they cannot be read")
    ] = None


_JSON: TypeAdapter[TimelinePage] = TypeAdapter(TimelinePage)


def written(page: TimelinePage) -> bytes:
    return _JSON.dump_json(page, exclude_none=True)
