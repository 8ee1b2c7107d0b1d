"""Events of an openEHR entry as FHIR R4 Observations (vital signs profile), by the mapping file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from openward_contracts.fhir_view import CATEGORIES, FhirView, MappedComponent, MappedObservation, MappedValue
from openward_contracts.identifiers import EncounterId
from openward_openehr.recorded.model import Entry, Value

from clinical.domain.fhir.elements import Element, Unmapped, coding, elements, extension
from clinical.domain.timeline import Row

#: By openEHR's code group `version lifecycle state`.
_STATUSES: Final = {"532": "final", "553": "preliminary"}
_BRACKETS: Final = r"(?:\[(?:[^\]'\\]|\\.|'(?:[^'\\]|\\.)*')*\])?"
_EVENT: Final = re.compile(rf"/data{_BRACKETS}/events{_BRACKETS}")
_ID: Final = re.compile(
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})"
)


@dataclass(frozen=True, slots=True, order=True)
class ObservationId:
    """`<object id>.<position of the entry>.<position of its event>`, both from 0."""

    object_id: UUID
    position: int
    event: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what names nothing."""
        match = _ID.fullmatch(text)
        return cls(UUID(match[1]), int(match[2]), int(match[3])) if match else None

    def __str__(self) -> str:
        return f"{self.object_id}.{self.position}.{self.event}"


@dataclass(frozen=True, slots=True)
class Observation:
    """An Observation but for its subject. `codes`: pairs of system and code. `row`: the entry it is of.

    `updated`: when its version was committed, or its encounter or subject changed after that.
    """

    id: ObservationId
    row: Row
    encounter_id: EncounterId | None
    at: datetime
    status: str
    category: str
    codes: frozenset[tuple[str, str]]
    body: Element
    updated: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a composition outside of it. `changed_at`: when its encounter or subject did last.

    `lifecycle_state`: of the version; None where nobody knows it.
    """

    encounter_id: EncounterId | None = None
    changed_at: datetime | None = None
    lifecycle_state: str | None = None


def observations(row: Row, said: Told, view: FhirView) -> Iterator[Observation]:
    """Of each event that maps without loss, in the order of the document."""
    status = _STATUSES.get(said.lifecycle_state or "", "unknown")
    updated = max(row.committed_at, said.changed_at or row.committed_at)
    entry, mapped = row.entry, view.by_archetype.get(row.entry.archetype_id)
    if mapped is None:
        return
    for position, values in enumerate(_events(entry.values)):
        at = _time(values)
        try:
            body = None if at is None else _body(entry, values, mapped)
        except Unmapped:
            continue
        if at is not None and body is not None:
            codes = frozenset((each.system, each.code) for each in mapped.codes)
            named = ObservationId(row.object_id, entry.position, position)
            told = {"status": status, **body}
            of = row, said.encounter_id, at, status, mapped.category, codes
            yield Observation(named, *of, told, updated)


def _events(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """The values of each event, with what the entry says beside its events: that is of all of them."""
    found: dict[str, list[Value]] = {}
    beside = []
    for value in values:
        if match := _EVENT.match(value.path):
            found.setdefault(match[0], []).append(value)
        else:
            beside.append(value)
    for event in found.values():
        yield [*event, *beside]


def _time(values: Sequence[Value]) -> datetime | None:
    """Of the event; None if its values do not agree."""
    times = {value.time for value in values if value.time}
    return times.pop() if len(times) == 1 else None


def _body(entry: Entry, values: Sequence[Value], mapped: MappedObservation) -> Element:
    by_node = {value.node: value for value in values}
    if len(by_node) < len(values) or by_node.keys() - mapped.by_node.keys():
        raise Unmapped
    said = [(each, by_node[each.node]) for each in mapped.extensions if each.node in by_node]
    extensions = [extension(value, each) for each, value in said]
    body: Element = ({"extension": extensions} if extensions else {}) | {
        "category": [{"coding": [{"system": CATEGORIES, "code": mapped.category}]}],
        "code": {"coding": [coding(each) for each in mapped.codes], "text": entry.name},
    }
    if mapped.profile and not _missing(mapped, by_node):
        body["meta"] = {"profile": [mapped.profile]}
    if mapped.value:
        return body | _measured(mapped.value, by_node)
    shown = [(each, by_node[each.node]) for each in mapped.components if each.node in by_node]
    if not shown:
        raise Unmapped
    return body | {"component": [_component(each, value) for each, value in shown]}


def _measured(mapped: MappedValue, by_node: Mapping[str, Value]) -> Element:
    """Raises Unmapped, also for an event that has no value but terms beside it."""
    if mapped.node not in by_node:
        raise Unmapped
    return elements(by_node[mapped.node], mapped)


def _missing(mapped: MappedObservation, by_node: Mapping[str, Value]) -> bool:
    return any(each.required and each.node not in by_node for each in mapped.components)


def _component(mapped: MappedComponent, value: Value) -> Element:
    code: Element = {"coding": [coding(mapped.code)]}
    if value.names:
        code["text"] = value.names[-1]
    return {"code": code} | elements(value, mapped)
