"""People for benchmarks: as many as asked, the same for the same seed, none of them real.

    python -m bench.population --count 1000000 --seed 7 [--first 0] [--names names-0.3.0.tar.gz] > people

Shaped by what makes matching hard: common names, heaps of default dates, twins, households with one address
and one telephone, missing middle names.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from string import ascii_lowercase
from typing import Any

from patients.domain.mrn import mrn
from stdnum import luhn

from bench.population_names import COHORTS, Names, Weighted, made_names, names_from
from bench.population_places import CITIES, STREETS, area_codes, state_and_area

MRN_SYSTEM = "urn:openward:bench:mrn"
NATIONAL_SYSTEM = "urn:openward:bench:national"

#: Nobody is born later; fixed, so that a seed makes the same people next year.
LAST_YEAR = 2025

#: Share of adults of each five years of age from 20 to 104.
_PYRAMID = (650, 660, 680, 660, 640, 600, 610, 630, 620, 560, 480, 370, 260, 150, 70, 25, 5)
_AGES = Weighted.of({str(age): share for age, share in zip(range(20, 105, 5), _PYRAMID, strict=True)})
_HOUSEHOLDS = Weighted.of({"1": 28, "2": 34, "3": 16, "4": 13, "5": 6, "6": 3})

_DEFAULT_DATE, _UNKNOWN_DATE = 0.003, 0.0002
_TWIN = 0.015 / 0.59  # of those who are not the first of their household
_SAME_FAMILY, _DOUBLE_FAMILY = 0.8, 0.02
_MIDDLE, _PHONE, _OWN_PHONE, _EMAIL, _NATIONAL = 0.4, 0.8, 0.3, 0.4, 0.85
_FEMALE, _GENDER_UNKNOWN = 0.51, 0.003

_MAIL = ("example.com", "example.net", "example.org")
_NEIGHBOURS = {
    letter: row[max(place - 1, 0) : place] + row[place + 1 : place + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for place, letter in enumerate(row)
}
_DAYS = {
    year: tuple(
        (date(year, 1, 1) + timedelta(days)).isoformat()
        for days in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    )
    for year in range(LAST_YEAR - 130, LAST_YEAR + 1)
}


@dataclass(slots=True)
class Household:
    line: str
    city: str
    state: str
    postal_code: str
    phone: str
    family: str
    head_born: int


@dataclass(slots=True)
class Person:
    """`birth_date` as YYYY-MM-DD; `twin` of the person before."""

    number: int
    gender: str
    family: str
    given: tuple[str, ...]
    birth_date: str
    household: Household
    phone: str | None
    email: str | None
    mrn: str
    national: str | None
    twin: bool


def people(count: int, seed: int, names: Names | None = None, first: int = 0) -> Iterator[Person]:
    """Numbers and identifiers begin at `first`, so that parts made by several processes do not clash."""
    population = _Population(Random(seed), names or made_names())  # noqa: S311  not a secret
    return islice(population.everybody(first), count)


def as_record(person: Person) -> dict[str, Any]:
    """The body of a registration."""
    home = person.household
    telecoms = (("phone", person.phone), ("email", person.email))
    identifiers = ((MRN_SYSTEM, person.mrn), (NATIONAL_SYSTEM, person.national))
    address = {
        "use": "home",
        "line": [home.line],
        "city": home.city,
        "postal_code": home.postal_code,
        "state": home.state,
        "country": "US",
    }
    return {
        "names": [{"use": "official", "family": person.family, "given": list(person.given)}],
        "gender": person.gender,
        "birth_date": person.birth_date,
        "addresses": [address],
        "telecoms": [{"system": kind, "value": value, "use": "home"} for kind, value in telecoms if value],
        "identifiers": [{"system": system, "value": value} for system, value in identifiers if value],
    }


class _Population:
    """Draws from tables made once, because a person may cost a few microseconds."""

    def __init__(self, rng: Random, names: Names) -> None:
        self._random = rng.random
        self._family = names.family.drawing(rng.random)
        self._given = {
            gender: {
                year: cohort.drawing(rng.random)
                for years, cohort in zip(COHORTS, cohorts, strict=True)
                for year in years
            }
            for gender, cohorts in names.given.items()
        }
        self._city = CITIES.drawing(rng.random)
        self._size = _HOUSEHOLDS.drawing(rng.random)
        self._age = _AGES.drawing(rng.random)

    def everybody(self, number: int) -> Iterator[Person]:
        while True:
            size, before = int(self._size()), None
            household = self._household(size)
            for member in range(size):
                before = self._person(number, member, household, before)
                number += 1
                yield before

    def _household(self, size: int) -> Household:
        city = self._city()
        state, area = state_and_area(city)
        line = f"{1 + self._below(250)} {self._one_of(STREETS)}"
        age = int(self._age()) + self._below(5) if size < 3 else 26 + self._below(28)
        return Household(
            line, city, state, str(area + self._below(40)), self._phone(), self._family(), LAST_YEAR - age
        )

    def _person(self, number: int, member: int, household: Household, before: Person | None) -> Person:
        random = self._random
        twin = before is not None and random() < _TWIN
        sex = "female" if random() < _FEMALE else "male"
        birth_date = before.birth_date if before and twin else self._birth_date(member, household)
        family = before.family if before and twin else self._family_in(member, household)
        given = self._given_names(sex, int(birth_date[:4]))
        return Person(
            number,
            sex if random() > _GENDER_UNKNOWN else "unknown",
            family,
            given,
            birth_date,
            household,
            self._phone_in(household) if random() < _PHONE else None,
            self._email(given[0], family, birth_date) if random() < _EMAIL else None,
            mrn(number),
            national(number) if random() < _NATIONAL else None,
            twin,
        )

    def _birth_date(self, member: int, household: Household) -> str:
        """The second of a household is about as old as the first, the others are their children."""
        chance = self._random()
        if chance < _UNKNOWN_DATE:
            return "1900-01-01"
        year = household.head_born
        if member:
            year += self._below(13) - 6 if member == 1 else 20 + self._below(19)
        if year > LAST_YEAR:
            year = household.head_born - 20 - self._below(15)
        days = _DAYS[year]
        return days[0] if chance < _UNKNOWN_DATE + _DEFAULT_DATE else self._one_of(days)

    def _family_in(self, member: int, household: Household) -> str:
        if not member or self._random() < _SAME_FAMILY:
            return household.family
        own = self._family()
        return f"{household.family}-{own}" if self._random() < _DOUBLE_FAMILY / (1 - _SAME_FAMILY) else own

    def _given_names(self, sex: str, year: int) -> tuple[str, ...]:
        draw = self._given[sex][year]
        return (draw(), draw()) if self._random() < _MIDDLE else (draw(),)

    def _phone_in(self, household: Household) -> str:
        return self._phone() if self._random() < _OWN_PHONE else household.phone

    def _phone(self) -> str:
        return f"{self._one_of(area_codes())}{self._below(10_000):04d}"

    def _email(self, given: str, family: str, birth_date: str) -> str:
        return f"{given}.{family}{birth_date[2:4]}@{self._one_of(_MAIL)}".lower()

    def _below(self, bound: int) -> int:
        return int(self._random() * bound)

    def _one_of(self, values: Sequence[str]) -> str:
        return values[int(self._random() * len(values))]


def national(number: int) -> str:
    """Ten digits with a Luhn digit, scattered, and of one person only up to 900 million people."""
    digits = str(100_000_000 + number * 314_159_267 % 900_000_000)
    return digits + luhn.calc_check_digit(digits)


def with_one_typo(word: str, rng: Random) -> str:
    """One letter lost, doubled, exchanged with its neighbour or for one beside it on the keyboard."""
    place = rng.randrange(len(word))
    begin, letter, end = word[:place], word[place], word[place + 1 :]
    beside = _NEIGHBOURS.get(letter.lower(), ascii_lowercase)
    typos = {begin + end, begin + letter + letter.lower() + end, begin + rng.choice(beside) + end}
    if end:
        typos.add(begin + end[0] + letter + end[1:])
    return rng.choice(sorted(typos - {word, ""}))


def with_wrong_date(birth_date: str, rng: Random) -> str:
    """Day and month exchanged where that is a date, or a year next to the right one; never in the future."""
    year, month, day = birth_date.split("-")
    exchanged = f"{year}-{day}-{month}"
    if int(day) <= 12 and day != month and rng.random() < 0.5 and exchanged <= _today():
        return exchanged
    leapless = f"{month}-{'28' if (month, day) == ('02', '29') else day}"
    other = f"{int(year) + rng.choice((-1, 1))}-{leapless}"
    return other if other <= _today() else f"{int(year) - 1}-{leapless}"


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--names", type=Path)
    wanted = parser.parse_args()
    names = names_from(wanted.names) if wanted.names else None
    started = time.perf_counter()
    for person in people(wanted.count, wanted.seed, names, wanted.first):
        sys.stdout.write(json.dumps(as_record(person)) + "\n")
    rate = round(wanted.count / (time.perf_counter() - started))
    print(
        json.dumps({"bench": "population", "count": wanted.count, "written_per_second": rate}),
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
