"""UCUM by `ucumvert`, on the units of `pint`: loaded when a conversion is first asked for.

What is not done though the library would: arbitrary units (`[iU]`) are by UCUM commensurable with no other,
and an equivalent (`eq`, `osm`) is as many moles as its substance says.
"""

import asyncio
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeVar

from clinical.domain.conversion import SAME, Conversion

#: Longer ones, and numbers like these, are of nobody who measures, and cost time to read.
_LONGEST: Final = 64
_LARGE: Final = re.compile(r"\d{8,}|[^\d./(]\d{4,}|[+-]\d{3,}", re.ASCII)
#: The library remembers what it has read and forgets nothing: after so many units it is loaded anew.
_MOST_READ: Final = 2000
_MOST_KEPT: Final = 4096
_OF_A_SUBSTANCE: Final = frozenset({"eq", "osm"})
_ARBITRARY: Final = re.compile(r'<unit Code="([^"]+)"[^>]*\bisArbitrary="yes"')
_NUMBER: Final = "1"
#: Of what is linear, a third value is where the first two put it.
_PRECISION: Final = 1e-9

T = TypeVar("T")


class UcumUnits:
    """The Units port; one reads at a time, in a thread of its own."""

    def __init__(self) -> None:
        self._registry: _Registry | None = None
        self._reading = asyncio.Lock()
        self._conversions: dict[tuple[str, str], Conversion | None] = {}
        self._known: dict[str, bool] = {}

    async def conversion(self, source: str | None, target: str | None) -> Conversion | None:
        pair = source or _NUMBER, target or _NUMBER
        if pair[0] == pair[1]:
            return SAME
        return await self._remembered(self._conversions, pair, lambda registry: registry.conversion(*pair))

    async def known(self, unit: str) -> bool:
        return await self._remembered(self._known, unit, lambda registry: registry.knows(unit))

    async def _remembered(self, kept: dict[Any, T], key: Any, ask: "Callable[[_Registry], T]") -> T:
        if key not in kept:
            async with self._reading:
                answer = await asyncio.to_thread(self._ask, ask)
            if len(kept) >= _MOST_KEPT:
                del kept[next(iter(kept))]
            kept[key] = answer
        return kept[key]

    def _ask(self, ask: "Callable[[_Registry], T]") -> T:
        if self._registry is None or self._registry.read >= _MOST_READ:
            self._registry = _Registry()
        return ask(self._registry)


class _Registry:
    """Half a second and 16 MB, so nothing is imported before."""

    def __init__(self) -> None:
        from lark import Token  # noqa: PLC0415  see above
        from lark.exceptions import LarkError  # noqa: PLC0415
        from pint import PintError  # noqa: PLC0415
        from ucumvert import (  # type: ignore[import-untyped]  # it brings no types  # noqa: PLC0415
            PintUcumRegistry,
            parse_ucum,
        )

        self.read = 0
        self._units = PintUcumRegistry()
        self._parse = parse_ucum
        self._token = Token
        self._apart = _arbitrary() | _OF_A_SUBSTANCE
        #: Of what the library makes of text that is no unit, or not one of a quantity.
        self._refusals = (LarkError, PintError, ArithmeticError, AttributeError, TypeError, ValueError)

    def knows(self, unit: str) -> bool:
        try:
            self._quantity(unit)
        except self._refusals:
            return False
        return True

    def conversion(self, source: str, target: str) -> Conversion | None:
        try:
            one, other = self._quantity(source), self._quantity(target)
            if self._standing_apart(source) != self._standing_apart(target):
                return None
            return _linear(lambda magnitude: self._converted(magnitude, one, other))
        except self._refusals:
            return None

    def _quantity(self, unit: str) -> Any:
        """Raises one of the refusals."""
        if len(unit) > _LONGEST or _LARGE.search(unit):
            raise ValueError
        self.read += 1
        quantity = self._units.from_ucum(unit)
        return self._units.Quantity(1) if isinstance(quantity, self._token) else quantity  # `{beats}`

    def _standing_apart(self, unit: str) -> list[str]:
        tree = self._parse(unit, self._units._ucum_parser)  # noqa: SLF001  else it makes one each time
        tokens = tree.scan_values(lambda value: isinstance(value, self._token))
        return sorted(str(token) for token in tokens if str(token) in self._apart)

    def _converted(self, magnitude: float, one: Any, other: Any) -> float:
        of_one = self._units.Quantity(magnitude * one.magnitude, one.units)
        return float(of_one.to(other.units).magnitude / other.magnitude)


def _linear(convert: Callable[[float], float]) -> Conversion | None:
    """None for logarithms and the like."""
    zero, one, hundred = convert(0.0), convert(1.0), convert(100.0)
    factor = (hundred - zero) / 100 if zero else one
    if factor <= 0 or abs(one - zero - factor) > _PRECISION * factor + abs(zero) * _PRECISION:
        return None
    if abs(hundred - zero - 100 * factor) > _PRECISION * abs(hundred):
        return None
    return Conversion(factor, float(f"{zero:.12g}"))


@cache
def _arbitrary() -> frozenset[str]:
    """By UCUM's own table of units, which the library brings."""
    table = files("ucumvert").joinpath("vendor", "ucum-essence.xml").read_text(encoding="utf-8")
    return frozenset(_ARBITRARY.findall(table))
