"""Entries and their values, read out of a composition: what timelines, series and snapshots start from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Code:
    """A term of a terminology: `local` for the archetype's own, `openehr`, `SNOMED-CT`."""

    terminology: str
    code: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """One data value, or why there is none: then `rm_type` is ELEMENT and `null_flavour` may say more.

    `node` names it whatever the template: the path from its entry's archetype by node ids, without
    names and positions (`/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value`); in EVENT_CONTEXT
    it begins with `/context/other_context`. `path` leads to exactly this one, from its entry: siblings with
    one node id are told apart by name (`[at0004 and name/value='Left']`), if they share that too by place
    (`[at0004,3]`: the third of all in that attribute); it ends in `/null_flavour` where the value is
    missing. `names`: of events, activities, clusters and the element on the way, the outer first, as they
    stand in the composition (`("Any event", "Systolic")`); histories and trees have none that says
    something; what has no name of its own ends in the words of its attribute (`("Any event", "math
    function")`). `rm_type`: of an interval with what it is of (`DV_INTERVAL<DV_QUANTITY>`). `time`: of its
    event, where that has one. `magnitude`: of quantities (in `units`), counts, ordinals, scales and
    proportions (a percentage is its numerator in `%`, others the quotient). `text`: as a person reads it,
    with units. `codes`: its own, then those that it is mapped to. `range`: normal range, in `units`;
    `status`: normal status (openEHR code group). `content`: the data value in canonical JSON, without the
    bytes of multimedia. `cut`: bytes that its long strings have in JSON of which only the beginning was read;
    `text` has that, with `…`, and `content` nothing of them.

    Times have a zone: what was recorded without one is taken for UTC, a partial one for its first moment.
    """

    node: str
    path: str
    names: tuple[str, ...]
    rm_type: str
    text: str
    time: datetime | None = None
    magnitude: float | None = None
    units: str | None = None
    codes: tuple[Code, ...] = ()
    range: tuple[float | None, float | None] | None = None
    status: str | None = None
    null_flavour: Code | None = None
    content: Mapping[str, Any] | None = None
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """An ENTRY, by its `position` among those of its composition in document order, from 0.

    What `other_context` holds comes as one of `rm_type` EVENT_CONTEXT, at first, with the archetype of the
    composition. `path` leads to it from the
    composition. `time`: of its latest event (OBSERVATION; without events
    the origin of its history), of its step (ACTION), else None. `sections`:
    names, the outer first.
    """

    position: int
    rm_type: str
    archetype_id: str
    name: str
    path: str
    values: tuple[Value, ...]
    time: datetime | None = None
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A version of a composition. `category`: `event`, `persistent` or `episodic`.

    `started_at`, `ended_at`: of its context; persistent ones have none.
    """

    template_id: str | None
    archetype_id: str
    name: str
    language: str
    category: str
    composer: str | None
    entries: tuple[Entry, ...]
    started_at: datetime | None = None
    ended_at: datetime | None = None
