"""Made-up people: every run registers somebody new, with a name like nobody else's.

Else the registry would ask whether they are the same person.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

#: Under which the demonstration's identifiers are unique.
IDENTIFIERS: Final = "urn:openward:demo:mrn"
_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aeiou"
_FAMILY: Final = ("berg", "brück", "telli", "řák", "vik", "nier", "maes", "kainen")
_GIVEN: Final = {"female": ("lia", "nette", "rid", "sa"), "male": ("lan", "mir", "ndo", "ric")}
_YOUNGEST, _OLDEST = 18 * 365, 95 * 365


def somebody() -> dict[str, Any]:
    """What a clerk would type in; the identifier is like no other."""
    gender = secrets.choice(tuple(_GIVEN))
    age = timedelta(days=_YOUNGEST + secrets.randbelow(_OLDEST - _YOUNGEST))
    name = {"use": "official", "family": _named(3, _FAMILY), "given": [_named(2, _GIVEN[gender])]}
    return {
        "names": [name],
        "birth_date": (datetime.now(UTC) - age).date().isoformat(),
        "gender": gender,
        "identifiers": [{"system": IDENTIFIERS, "value": f"D-{secrets.token_hex(6).upper()}"}],
    }


def _named(syllables: int, endings: tuple[str, ...]) -> str:
    sounds = (secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(syllables))
    return "".join(sounds).title() + secrets.choice(endings)
