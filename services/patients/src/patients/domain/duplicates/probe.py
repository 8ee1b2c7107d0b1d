"""What a record is looked for by, before anything is compared: `matching.blocking`, as the tables have it."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from patients.domain.dates import EARLIEST, Precision
from patients.domain.duplicates.traits_of import tells_who
from patients.domain.findable import Findable, NameKey, OtherKey, name_keys
from patients.domain.identity import official_name
from patients.domain.keys import delete_keys, family_keys, given_keys
from patients.domain.matching.traits import Traits
from patients.domain.record import PatientRecord

T = TypeVar("T", bound=Any)

#: Keys of one kind that are looked for; nobody has more names or numbers that tell anything.
MOST_KEYS = 12
_CONTACTS = ("phone", "email")


@dataclass(frozen=True, slots=True)
class Probe:
    """Search keys by kind.

    `lone` are names of which one side is empty, `..._edits` the keys by which words one typing error away
    are found. `born` is the birth date as it is stored. `day` is it, where all of it is known and it is no
    default date, which a heap of strangers shares; `days` are those it may be mistaken for, `swapped` is it
    with day and month exchanged. From `earliest` to `latest` they are born, by and large. `call` is the name
    by which, with `born`, two registrations of one person exclude each other.
    """

    lone: tuple[NameKey, ...]
    families: tuple[str, ...]
    givens: tuple[str, ...]
    family_edits: tuple[str, ...]
    given_edits: tuple[str, ...]
    identifiers: tuple[tuple[str, str], ...]
    contacts: tuple[OtherKey, ...]
    lines: tuple[str, ...]
    born: date | None
    day: date | None
    days: tuple[date, ...]
    earliest: date | None
    latest: date | None
    swapped: date | None
    call: NameKey | None


def probe(record: PatientRecord, keys: Findable, traits: Traits) -> Probe:
    """`keys` and `traits` are of the record."""
    names = {pair for name in record.names if tells_who(name) for pair in name_keys(name)}
    families, givens = ({pair[side] for pair in names if pair[side]} for side in (0, 1))
    born = keys.birth_date
    whole = born if traits.birth_precision is Precision.DAY else None
    return Probe(
        lone=_most(pair for pair in names if bool(pair[0]) is not bool(pair[1])),
        families=_most(families),
        givens=_most(givens),
        family_edits=_edits({name.family for name in traits.names}),
        given_edits=_edits({name.given[0] for name in traits.names if name.given}),
        identifiers=_most(traits.identifiers),
        contacts=_most({key for key in keys.keys if key[0] in _CONTACTS}),
        lines=_most({key for kind, key in keys.keys if kind == "line"}),
        born=born,
        day=whole if whole and (whole.month, whole.day) != (1, 1) else None,
        days=near(whole) if whole else (),
        earliest=born and date(born.year - 1, 1, 1),
        latest=born and date(born.year + 1, 12, 31),
        swapped=_swapped(whole) if whole else None,
        call=call(record),
    )


def call(record: PatientRecord) -> NameKey | None:
    """The official name as one key, however many it is stored under."""
    name = official_name(record)
    return (family_keys(name.family)[0], given_keys(name.given)[0]) if name else None


@lru_cache(maxsize=1 << 12)
def near(day: date) -> tuple[date, ...]:
    """The day, and those it may be mistaken for.

    One digit wrong, two digits or day and month exchanged, or of it only the month or year known.
    """
    digits = f"{day:%Y%m%d}".zfill(8)
    texts = {digits, digits[:4] + digits[6:] + digits[4:6], digits[:6] + "01", digits[:4] + "0101"}
    for place in range(8):
        begin, end = digits[:place], digits[place + 1 :]
        texts |= {begin + other + end for other in "0123456789"}
        texts.add(begin + end[:1] + digits[place] + end[1:])
    return tuple(sorted(_days(texts)))


def _days(texts: Iterable[str]) -> Iterator[date]:
    latest = datetime.now(UTC).date() + timedelta(days=1)
    for text in texts:
        with suppress(ValueError):
            day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
            if EARLIEST <= day <= latest:
                yield day


def _swapped(day: date) -> date | None:
    return day.replace(month=day.day, day=day.month) if day.day <= 12 and day.day != day.month else None


def _edits(words: Iterable[str]) -> tuple[str, ...]:
    return tuple({key: None for word in _most(filter(None, words))[:3] for key in delete_keys(word)})


def _most(keys: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(keys))[:MOST_KEYS]
