"""Where two answers differ: status, headers that a client reads, and the body, place by place."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final
from xml.etree import ElementTree as ET

from openward_testkit.differential.asking import Ask
from openward_testkit.differential.sides import Answer

#: And those that begin with `openehr-`.
HEADERS: Final = (
    "allow",
    "content-location",
    "content-type",
    "etag",
    "last-modified",
    "link",
    "location",
    "preference-applied",
    "retry-after",
    "www-authenticate",
)


class Absent(Enum):
    ABSENT = "—"

    def __repr__(self) -> str:
        return self.value


ABSENT: Final = Absent.ABSENT


class Number(str):
    """A number with a point, as it is written: 1.0 is not 1.00."""

    __slots__ = ()


@dataclass(frozen=True)
class Exchange:
    scenario: str
    ask: Ask
    theirs: Answer
    ours: Answer


@dataclass(frozen=True)
class Difference:
    """`place`: `status`, `header <name>`, `body`, or `body <JSON pointer>`."""

    exchange: Exchange
    place: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.place}: EHRbase {_short(self.theirs)}, here {_short(self.ours)}"


def differences(exchange: Exchange) -> list[Difference]:
    theirs, ours = exchange.theirs, exchange.ours
    found = list(_pairs("status", theirs.status, ours.status))
    names = {name for answer in (theirs, ours) for name in answer.headers if name.startswith("openehr-")}
    for name in (*HEADERS, *sorted(names)):
        found += _pairs(f"header {name}", _header(theirs, name), _header(ours, name))
    found += _pairs("body", _body(theirs), _body(ours))
    return [Difference(exchange, *pair) for pair in found]


def _header(answer: Answer, name: str) -> Any:
    value = answer.headers.get(name)
    if value is not None and name == "allow":
        return sorted(method.strip() for method in value.split(","))
    return ABSENT if value is None else answer.told(value)


def _body(answer: Answer) -> Any:
    text = answer.told(answer.text)
    if not text:
        return ABSENT
    try:
        return json.loads(text, parse_float=Number)
    except ValueError:
        return _xml(text)


def _xml(text: str) -> Any:
    """Canonical (C14N 2.0), as nested lists, so that a difference has a place; other text as it is."""
    try:
        root = ET.fromstring(ET.canonicalize(text, strip_text=True))  # noqa: S314  of servers we run
    except ET.ParseError:
        return text
    return _element(root)


def _element(element: ET.Element) -> dict[str, Any]:
    return {element.tag: [dict(element.attrib), element.text or "", *map(_element, element)]}


def _pairs(place: str, theirs: Any, ours: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in dict.fromkeys((*theirs, *ours)):
            yield from _pairs(f"{_inside(place)}/{name}", theirs.get(name, ABSENT), ours.get(name, ABSENT))
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for number, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from _pairs(f"{_inside(place)}/{number}", one, other)
    elif type(theirs) is not type(ours) or theirs != ours:
        yield place, theirs, ours


def _inside(place: str) -> str:
    return "body " if place == "body" else place


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
