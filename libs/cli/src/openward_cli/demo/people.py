"""Made-up people: every run registers somebody new."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

#: Under which the demonstration's identifiers are unique.
IDENTIFIERS: Final = "urn:openward:demo:mrn"
_FAMILIES: Final = ("Ahlberg", "Brückner", "Castellani", "Dvořák", "Eide", "Fournier", "Gomes", "Hartikainen")
_GIVEN: Final = {
    "female": ("Agnes", "Berit", "Carla", "Dagny", "Elif", "Fenna"),
    "male": ("Anton", "Bram", "Cosimo", "Dario", "Emre", "Florian"),
}
_YOUNGEST, _OLDEST = 18 * 365, 95 * 365


def somebody() -> dict[str, Any]:
    """What a clerk would type in; the identifier is like no other."""
    gender = secrets.choice(tuple(_GIVEN))
    age = timedelta(days=_YOUNGEST + secrets.randbelow(_OLDEST - _YOUNGEST))
    name = {"use": "official", "family": secrets.choice(_FAMILIES), "given": [secrets.choice(_GIVEN[gender])]}
    return {
        "names": [name],
        "birth_date": (datetime.now(UTC) - age).date().isoformat(),
        "gender": gender,
        "identifiers": [{"system": IDENTIFIERS, "value": f"D-{secrets.token_hex(6).upper()}"}],
    }
