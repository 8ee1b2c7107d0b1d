"""Units of measurements, by UCUM (https://ucum.org), and from one to the other."""

from dataclasses import dataclass
from typing import Final, Protocol

from openward_servicekit.errors import FieldError, Invalid

#: As many digits are told: what a conversion adds behind them is no measurement.
_DIGITS: Final = 12


class UnitUnknown(Invalid):
    """`path` or `pointer`: where it was sent, as in FieldError."""

    slug = "unit-unknown"

    def __init__(self, *, path: str | None = None, pointer: str | None = None) -> None:
        detail = "It is no unit of UCUM."
        super().__init__(detail, errors=(FieldError(self.slug, detail, pointer, path),))


class UnitNotConvertible(Invalid):
    """As from grams to moles: only who knows the substance can."""

    slug = "unit-not-convertible"

    def __init__(self, *, path: str | None = None, pointer: str | None = None) -> None:
        detail = "Nothing that was measured can be converted to this unit."
        super().__init__(detail, errors=(FieldError(self.slug, detail, pointer, path),))


@dataclass(frozen=True, slots=True)
class Conversion:
    """To the other unit: `magnitude * factor + offset`; `factor` is positive, so that order is kept."""

    factor: float = 1.0
    offset: float = 0.0

    def __call__(self, magnitude: float) -> float:
        """With twelve digits; as it is where nothing is to be converted."""
        if self == SAME:
            return magnitude
        return float(f"{magnitude * self.factor + self.offset:.{_DIGITS}g}")

    def sum(self, total: float, count: int) -> float:
        """Of `count` magnitudes whose sum is `total`."""
        return total * self.factor + self.offset * count


SAME: Final = Conversion()


class Units(Protocol):
    async def conversion(self, source: str | None, target: str | None) -> Conversion | None:
        """None where there is none, also of what is no unit of UCUM. A missing unit is that of a number."""

    async def known(self, unit: str) -> bool:
        """Whether it is one of UCUM."""
