"""What can stand behind a FLAT path: suffixes (`|magnitude`) and attributes (`/_normal_range/lower`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a value has to be. Numbers and booleans may be given as text, and text as any scalar."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    DURATION = "duration"
    URI = "uri"
    BASE64 = "base64"
    CHARACTER = "character"
    CANONICAL = "canonical"


@dataclass(frozen=True, slots=True)
class Suffix:
    """`group`: the openEHR terminology's group, or code set, that the value is a code of."""

    kind: Kind = Kind.TEXT
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A path segment of the reference model. `shape` names one of SHAPES, SAME is the shape it hangs on."""

    shape: str
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """`suffixes`: None is the path itself; `needs`: of each set of suffixes one at least has to be there."""

    suffixes: Mapping[str | None, Suffix] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    needs: tuple[frozenset[str | None], ...] = ()


#: The bounds of a reference range are of the type of the value, without attributes of their own.
SAME: Final = "SAME"


def texts(*names: str | None) -> dict[str | None, Suffix]:
    return dict.fromkeys(names, Suffix())


def need(*sets: tuple[str | None, ...]) -> tuple[frozenset[str | None], ...]:
    return tuple(map(frozenset, sets))
