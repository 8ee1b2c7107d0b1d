"""The structure of an entry, from its data, state, protocol down to its values; without recursion."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from openward_openehr.recorded.data_values import (
    code_of,
    coded,
    content_of,
    normal_range,
    rm_type_of,
    said,
    told,
)
from openward_openehr.recorded.model import Value
from openward_openehr.recorded.numbers import moment
from openward_openehr.recorded.predicates import name_of, predicates

#: Attributes of PATHABLEs whose objects have names that say something; the others structure.
_NAMED: Final = frozenset({"events", "items", "item", "rows", "activities"})


class Place(NamedTuple):
    """An object with the way to it, as `Value` tells it."""

    item: Any
    node: str = ""
    path: str = ""
    names: tuple[str, ...] = ()
    time: datetime | None = None


class _Shape(NamedTuple):
    """Attributes with data values, then those with structures, in the order in which they are told."""

    leaves: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


_SHAPES: Final[Mapping[str, _Shape]] = {
    "EVENT_CONTEXT": _Shape(branches=("other_context",)),
    "OBSERVATION": _Shape(branches=("data", "state", "protocol")),
    "EVALUATION": _Shape(branches=("data", "protocol")),
    "INSTRUCTION": _Shape(("narrative", "expiry_time", "wf_definition"), ("activities", "protocol")),
    "ACTIVITY": _Shape(("timing",), ("description",)),
    "ACTION": _Shape(branches=("ism_transition", "instruction_details", "description", "protocol")),
    "ISM_TRANSITION": _Shape(("current_state", "transition", "careflow_step", "reason")),
    "INSTRUCTION_DETAILS": _Shape(branches=("wf_details",)),
    "ADMIN_ENTRY": _Shape(branches=("data",)),
    "GENERIC_ENTRY": _Shape(branches=("data",)),
    "HISTORY": _Shape(("period", "duration"), ("events", "summary")),
    "POINT_EVENT": _Shape(branches=("data", "state")),
    "INTERVAL_EVENT": _Shape(("width", "math_function"), ("data", "state")),
    "ITEM_TREE": _Shape(branches=("items",)),
    "ITEM_LIST": _Shape(branches=("items",)),
    "ITEM_SINGLE": _Shape(branches=("item",)),
    "ITEM_TABLE": _Shape(branches=("rows",)),
    "CLUSTER": _Shape(branches=("items",)),
    "PARTY_RELATED": _Shape(("relationship",)),
}
#: Of what does not tell its type, or one that nobody knows.
_ANY: Final = _Shape(
    tuple(dict.fromkeys(leaf for shape in _SHAPES.values() for leaf in shape.leaves)),
    tuple(dict.fromkeys(branch for shape in _SHAPES.values() for branch in shape.branches)),
)
_SUBJECT: Final = _Shape(branches=("subject",))


def values_of(start: Place) -> list[Value]:
    """Of the entry at this place, in document order.

    Told are the values of its ELEMENTs, of the attributes named above, and of a subject other than the
    patient (`/subject/relationship`). Not told: who took part, feeder audits, links, and the times that
    are told as such (of events and steps, origins).
    """
    found: list[Value] = []
    waiting = [start]
    if said(_at(start.item, "subject"), "_type") == "PARTY_RELATED":
        waiting.extend(_branches(start, _SUBJECT))
        found.extend(_leaves(waiting.pop(), _SHAPES["PARTY_RELATED"]))
    while waiting:
        place = waiting.pop()
        kind = place.item.get("_type") if isinstance(place.item, dict) else None
        shape = _SHAPES.get(kind) if isinstance(kind, str) else None
        if kind == "ELEMENT":
            found.append(_element(place))
        elif shape := shape or _guessed(place.item):
            found.extend(_leaves(place, shape))
            waiting.extend(_branches(place, shape)[::-1])
        else:
            found.append(_odd(place))
    return found


def _guessed(item: Any) -> _Shape | None:
    if not isinstance(item, dict) or said(item, "_type").startswith("DV_"):
        return None
    return _ANY if any(name in item for name in (*_ANY.branches, *_ANY.leaves)) else None


def _leaves(place: Place, shape: _Shape) -> Iterator[Value]:
    for attribute in shape.leaves:
        given = place.item.get(attribute)
        for number, each in enumerate(given if isinstance(given, list) else (given,), start=1):
            if each is not None:
                own = f"{attribute}[{number}]" if isinstance(given, list) and len(given) > 1 else attribute
                names = (*place.names, attribute.replace("_", " "))
                yield _value(place, each, f"/{attribute}", f"/{own}", names)


def _branches(place: Place, shape: _Shape) -> list[Place]:
    found: list[Place] = []
    item, node, path, names, time = place
    for attribute in shape.branches:
        given = item.get(attribute)
        if given is None:
            continue
        children = given if isinstance(given, list) else [given]
        for child, (of_node, own) in zip(children, predicates(children), strict=True):
            trail = (*names, name_of(child)) if attribute in _NAMED else names
            when = moment(said(_at(child, "time"), "value")) if attribute == "events" else time
            found.append(
                Place(child, f"{node}/{attribute}{of_node}", f"{path}/{attribute}{own}", trail, when)
            )
    return found


def _element(place: Place) -> Value:
    value, flavour = place.item.get("value"), place.item.get("null_flavour")
    if value is None:
        return _missing(place, flavour)
    return _value(place, value, "/value", "/value", place.names, flavour)


def _missing(place: Place, flavour: Any) -> Value:
    reason = said(_at(place.item, "null_reason"), "value")
    why = told(flavour).text
    return Value(
        node=f"{place.node}/value",
        path=f"{place.path}/null_flavour",
        names=place.names,
        rm_type="ELEMENT",
        text=f"{why} ({reason})" if why and reason else why or reason,
        time=place.time,
        null_flavour=coded(flavour),
    )


def _odd(place: Place) -> Value:
    return _value(place, place.item, "", "", place.names)


def _value(
    place: Place, item: Any, node: str, path: str, names: tuple[str, ...], flavour: Any = None
) -> Value:
    text, magnitude, units, codes = told(item)
    is_ranged = isinstance(item, dict) and ("normal_range" in item or "normal_status" in item)
    status = code_of(item.get("normal_status")) if is_ranged else None
    return Value(
        place.node + node,
        place.path + path,
        names,
        rm_type_of(item),
        text,
        place.time,
        magnitude,
        units,
        codes,
        normal_range(item, units) if is_ranged else None,
        status.code if status else None,
        coded(flavour) if flavour is not None else None,
        content_of(item),
    )


def _at(item: Any, attribute: str) -> Any:
    return item.get(attribute) if isinstance(item, dict) else None
