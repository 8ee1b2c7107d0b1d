"""The fields, what comparing one may come to, and how that is said. No phrase holds a value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """`close` is anything between agreement and difference; `missing` is no evidence either way."""

    AGREE = "agree"
    CLOSE = "close"
    DISAGREE = "disagree"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Outcome:
    level: Level
    phrase: str


@dataclass(frozen=True, slots=True)
class Field:
    """`noun` takes part in "X and Y agree". `outcomes` run from the strongest evidence to the weakest."""

    name: str
    noun: str
    outcomes: dict[str, Outcome]


MISSING: Final = "missing"
EXACT: Final = "exact"
CHECKED: Final = "checked"
DIFFERENT: Final = "different"


def _field(name: str, noun: str, missing: str = "", **close: str) -> Field:
    return Field(
        name,
        noun,
        {
            EXACT: Outcome(Level.AGREE, f"{noun} agrees"),
            **{outcome: Outcome(Level.CLOSE, f"{noun} {phrase}") for outcome, phrase in close.items()},
            DIFFERENT: Outcome(Level.DISAGREE, f"{noun} differs"),
            MISSING: Outcome(Level.MISSING, missing or f"{noun} is not known on both sides"),
        },
    )


FIELDS: Final[tuple[Field, ...]] = (
    _field(
        "family",
        "family name",
        typo="is one letter away",
        similar="is similar",
        part="agrees in one of its parts",
    ),
    _field(
        "given",
        "given name",
        part="agrees in one of several",
        typo="is one letter away",
        similar="is similar",
        initial="agrees in the initial, all that one side has",
    ),
    _field(
        "birth_date",
        "birth date",
        month="agrees in year and month, all that one side has",
        swapped="has day and month exchanged",
        typo="is one digit away",
        year="agrees in the year, all that one side has",
        default="agrees on a first of January, often written for an unknown day",
        part="agrees in two of day, month and year",
    ),
    _field("gender", "sex"),
    _field("street", "street", similar="is similar"),
    _field("house", "house number"),
    _field("postal", "postal code", typo="is one digit away"),
    _field("city", "city", similar="is similar"),
    _field("phone", "telephone number", missing="no telephone number on both sides"),
    _field("email", "e-mail address", missing="no e-mail address on both sides"),
    Field(
        "identifier",
        "an identifier",
        {
            CHECKED: Outcome(Level.AGREE, "an identifier with a check digit agrees"),
            EXACT: Outcome(Level.AGREE, "an identifier agrees"),
            "typo": Outcome(Level.CLOSE, "an identifier is one character away"),
            DIFFERENT: Outcome(Level.DISAGREE, "identifiers of one system differ"),
            MISSING: Outcome(Level.MISSING, "no identifier in common"),
        },
    ),
    _field("mothers_maiden", "mother's maiden name", similar="is similar"),
)
FIELD: Final = {field.name: field for field in FIELDS}
#: Next to each other in FIELDS, like the next.
ADDRESS: Final = ("street", "house", "postal", "city")
CONTACT: Final = ("phone", "email")
