"""Made-up people: every run registers somebody new."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

#: Under which the demonstration's identifiers are unique.
IDENTIFIERS: Final = "urn:openward:demo:mrn"
_ENDINGS: Final = ("berg", "brück", "telli", "řák", "vik", "nier", "maes", "kainen")
_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aeiou"
_GIVEN: Final = {
    "female": ("Agnes", "Berit", "Carla", "Dagny", "Elif", "Fenna"),
    "male": ("Anton", "Bram", "Cosimo", "Dario", "Emre", "Florian"),
}
_YOUNGEST, _OLDEST = 18 * 365, 95 * 365


def somebody() -> dict[str, Any]:
    """What a clerk would type in; the identifier is like no other."""
    gender = secrets.choice(tuple(_GIVEN))
    age = timedelta(days=_YOUNGEST + secrets.randbelow(_OLDEST - _YOUNGEST))
    name = {"use": "official", "family": _family(), "given": [secrets.choice(_GIVEN[gender])]}
    return {
        "names": [name],
        "birth_date": (datetime.now(UTC) - age).date().isoformat(),
        "gender": gender,
        "identifiers": [{"system": IDENTIFIERS, "value": f"D-{secrets.token_hex(6).upper()}"}],
    }


def _family() -> str:
    """Like nobody else's, or the registry would ask whether they are the same person."""
    syllables = (secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(3))
    return "".join(syllables).title() + secrets.choice(_ENDINGS)
