"""What is asked of the registry, about people who are in it, for SQL and for the API alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from openward_contracts.identifiers import PatientId

from bench.population import NATIONAL_SYSTEM, with_one_typo, with_wrong_date

#: Of the answers to a search; a name as common as any has fewer that are spelt nearly so.
PAGE = 20


class Kind(StrEnum):
    IDENTIFIER = "identifier"
    PREFIX = "prefix"
    TYPO = "typo"
    MATCH = "match"


@dataclass(frozen=True, slots=True)
class Question:
    """`body` is the request's; `whom` it is meant to find."""

    kind: Kind
    whom: PatientId
    body: dict[str, Any]


def questions(kind: Kind, people: Sequence[tuple[PatientId, Mapping[str, Any]]]) -> list[Question]:
    """One about each of `people`, who are their ids and records."""
    rng = Random(f"{kind}")  # noqa: S311  not a secret
    asked = {Kind.IDENTIFIER: _identifier, Kind.PREFIX: _prefix, Kind.TYPO: _typo, Kind.MATCH: _record}[kind]
    return [
        Question(kind, patient_id, asked(record, number, rng))
        for number, (patient_id, record) in enumerate(people)
    ]


def _identifier(record: Mapping[str, Any], number: int, _: Random) -> dict[str, Any]:
    """Nationals where there is one; each second time the value alone, of whatever system."""
    found = {each["system"]: each for each in record["identifiers"]}
    identifier = found.get(NATIONAL_SYSTEM) or record["identifiers"][0]
    return {"identifier": identifier if number % 2 else {"value": identifier["value"]}}


def _prefix(record: Mapping[str, Any], number: int, _: Random) -> dict[str, Any]:
    """Beginnings of both names, of the family name, of the given name."""
    family, given = _names(record)
    both = {"family": family[:3], "given": given[:2]}
    return ({"family": family[:3]}, both, {"given": given[:3]}, both)[number % 4]


def _typo(record: Mapping[str, Any], _: int, rng: Random) -> dict[str, Any]:
    family, given = _names(record)
    return {"family": with_one_typo(family, rng), "given": with_one_typo(given, rng), "limit": PAGE}


def _record(record: Mapping[str, Any], number: int, rng: Random) -> dict[str, Any]:
    """Without identifiers, wrong in one of four ways; half of them with telephone and address."""
    family, given = _names(record)
    born = record["birth_date"]
    family, given, born = (
        (with_one_typo(family, rng), with_one_typo(given, rng), born),
        (family, given, with_wrong_date(born, rng)),
        (family, with_one_typo(given, rng), with_wrong_date(born, rng)),
        (given, family, born),
    )[number % 4]
    person = {
        "names": [{"family": family, "given": [given]}],
        "birth_date": born,
        "gender": record.get("gender", "unknown"),
    }
    contacts = ("addresses", "telecoms") if number // 4 % 2 else ()
    return {"record": person | {name: record[name] for name in contacts if record.get(name)}}


def _names(record: Mapping[str, Any]) -> tuple[str, str]:
    name = record["names"][0]
    return name["family"], name["given"][0]
