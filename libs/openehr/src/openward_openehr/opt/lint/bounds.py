"""Values as they are written in a template, in an order that can be compared."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from openward_openehr.opt.lint.source import Element

#: A number, or the text of a date or time in ISO 8601.
Comparable = Fraction | str
Parse = Callable[[str], Comparable | None]

_WHOLE: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_REAL: Final = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_DURATION: Final = re.compile(
    r"(-?)P(?=.)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:[.,]\d{1,9})?)S)?)?",
    re.ASCII,
)
#: Seconds of what ISO 8601 counts in, years and months by their mean.
_SECONDS: Final = (31_556_952, 2_629_746, 604_800, 86_400, 3_600, 60, 1)
_DATE: Final = r"\d{4}(?:-?(?:0[1-9]|1[0-2])(?:-?(?:0[1-9]|[12]\d|3[01]))?)?"
_TIME: Final = r"(?:[01]\d|2[0-4])(?::?[0-5]\d(?::?[0-5]\d(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?"


@dataclass(frozen=True, slots=True)
class Bounds:
    """`lower`, `upper`: None is without end."""

    lower: Comparable | None
    upper: Comparable | None
    lower_included: bool
    upper_included: bool

    @property
    def is_reversed(self) -> bool:
        return self.lower is not None and self.upper is not None and _is_below(self.upper, self.lower)

    def allow(self, value: Comparable) -> bool:
        return not (
            (self.lower is not None and _is_below(value, self.lower, or_at=not self.lower_included))
            or (self.upper is not None and _is_below(self.upper, value, or_at=not self.upper_included))
        )


def whole(written: str) -> int | None:
    return int(written) if _WHOLE.fullmatch(written) else None


def read(interval: Element, parse: Parse) -> Bounds | None:
    """None: a bound is missing, or no value of its type."""
    ends = [_end(interval, end, parse) for end in ("lower", "upper")]
    if any(not found for found, _ in ends):
        return None
    included = (interval.value(f"{end}_included") != "false" for end in ("lower", "upper"))
    return Bounds(ends[0][1], ends[1][1], *included)


def _end(interval: Element, end: str, parse: Parse) -> tuple[bool, Comparable | None]:
    """Whether it is in order, and the bound."""
    if interval.value(f"{end}_unbounded") == "true":
        return True, None
    bound = parse(interval.value(end))
    return bound is not None, bound


def _is_below(one: Comparable, other: Comparable, *, or_at: bool = False) -> bool:
    """Of texts only those of one form: what else is not known."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one < other or (or_at and one == other)
    if isinstance(one, str) and isinstance(other, str) and len(one) == len(other):
        return one < other or (or_at and one == other)
    return False


def _whole(written: str) -> Fraction | None:
    return Fraction(written) if _WHOLE.fullmatch(written) else None


def real(written: str) -> Fraction | None:
    return Fraction(written) if _REAL.fullmatch(written) else None


def _duration(written: str) -> Fraction | None:
    found = _DURATION.fullmatch(written)
    if not found:
        return None
    counts = [Fraction((count or "0").replace(",", ".")) for count in found.groups()[1:]]
    seconds = sum((count * unit for count, unit in zip(counts, _SECONDS, strict=True)), Fraction(0))
    return -seconds if found[1] else seconds


def _matching(pattern: str) -> Parse:
    compiled = re.compile(pattern, re.ASCII)
    return lambda written: written if compiled.fullmatch(written) else None


#: How values of primitive constraints are read, by the kind of the constraint.
PARSERS: Final[Mapping[str, Parse]] = {
    "C_INTEGER": _whole,
    "C_REAL": real,
    "C_DURATION": _duration,
    "C_DATE": _matching(_DATE),
    "C_TIME": _matching(f"T?{_TIME}"),
    "C_DATE_TIME": _matching(f"{_DATE}(?:T{_TIME})?"),
}
