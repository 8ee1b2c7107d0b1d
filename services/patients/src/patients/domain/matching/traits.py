"""What a record is compared by. All texts are keys: lower case, plain letters; "" is unknown."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from patients.domain.dates import Precision


class NameTraits(NamedTuple):
    family: str = ""
    given: tuple[str, ...] = ()


class AddressTraits(NamedTuple):
    """`lines` without the house number. Of a line only the street, not the flat, is of use."""

    postal: str = ""
    city: str = ""
    lines: tuple[str, ...] = ()
    house: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """One record, ready to be compared thousands of times.

    `names` and `addresses` are all that were ever known, past ones too. `birth_date` is the first day that it
    may be, `birth_precision` how much of it is known. Of genders only `female` and `male` are compared.
    `phones` are E.164. An identifier is its system and the key of its value; `checked` are those whose check
    digit was found right: no misprint of another's. `suffix` is the generation (`jr`, `iii`).
    `birth_order` is the place among the children of one birth.
    """

    names: tuple[NameTraits, ...] = ()
    birth_date: date | None = None
    birth_precision: Precision = Precision.DAY
    gender: str = ""
    addresses: tuple[AddressTraits, ...] = ()
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    identifiers: frozenset[tuple[str, str]] = frozenset()
    checked: frozenset[tuple[str, str]] = frozenset()
    mothers_maiden: str = ""
    suffix: str = ""
    multiple_birth: bool = False
    birth_order: int | None = None
    birth_digits: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        length = {Precision.YEAR: 4, Precision.MONTH: 6}.get(self.birth_precision, 8)
        digits = f"{self.birth_date:%Y%m%d}".zfill(8)[:length] if self.birth_date else ""
        object.__setattr__(self, "birth_digits", digits)
