"""Where the population lives and how it is reached. No such places; telephones are of the 555 exchange."""

from functools import cache
from zlib import crc32

import phonenumbers

from bench.population_names import Weighted

STREETS = tuple(
    f"{stem} {kind}"
    for stem in (
        "Acorn",
        "Alder",
        "Amber",
        "Ash",
        "Aspen",
        "Bay",
        "Beech",
        "Birch",
        "Bridge",
        "Brook",
        "Canal",
        "Cedar",
        "Chapel",
        "Cherry",
        "Church",
        "Clay",
        "Clover",
        "Copper",
        "Cross",
        "Dale",
        "Dock",
        "Eagle",
        "East",
        "Elm",
        "Falcon",
        "Fern",
        "Field",
        "Forge",
        "Fox",
        "Garden",
        "Glen",
        "Green",
        "Grove",
        "Harbor",
        "Hazel",
        "Heather",
        "Heron",
        "High",
        "Hill",
        "Hollow",
        "Holly",
        "Iris",
        "Ivy",
        "Juniper",
        "King",
        "Lake",
        "Lark",
        "Laurel",
        "Linden",
        "Main",
        "Maple",
        "Market",
        "Meadow",
        "Mill",
        "Mint",
        "North",
        "Oak",
        "Orchard",
        "Park",
        "Pearl",
        "Pine",
        "Pond",
        "Poplar",
        "Queen",
        "Quarry",
        "Ridge",
        "River",
        "Rose",
        "Sage",
        "School",
        "Shore",
        "Silver",
        "South",
        "Spring",
        "Station",
        "Stone",
        "Sycamore",
        "Thorn",
        "Union",
        "Valley",
        "View",
        "Walnut",
        "Water",
        "West",
        "Wren",
    )
    for kind in ("Street", "Road", "Avenue", "Lane", "Drive", "Court", "Place", "Way")
)

_CITY_STEMS = (
    "Clar",
    "Fair",
    "Green",
    "Har",
    "Hud",
    "King",
    "Lin",
    "Mil",
    "Nor",
    "Oak",
    "Red",
    "River",
    "Rock",
    "Sher",
    "Spring",
    "Water",
)
_CITY_ENDINGS = ("ton", "ville", " City", "field", "port", " Falls", "burg", " Springs", "dale", "wood")
_STATES = ("AL", "CA", "CO", "FL", "GA", "IL", "MA", "NY", "OH", "TX", "VA", "WA")

#: Sizes by Zipf's law.
CITIES = Weighted.of(
    {
        f"{stem}{ending}": 1 / rank
        for rank, (stem, ending) in enumerate(
            ((stem, ending) for ending in _CITY_ENDINGS for stem in _CITY_STEMS), 1
        )
    }
)


@cache
def state_and_area(city: str) -> tuple[str, int]:
    """The first postal code of a city; forty follow it."""
    place = crc32(city.encode())
    return _STATES[place % len(_STATES)], 10_000 + place % 800 * 100


@cache
def area_codes() -> tuple[str, ...]:
    """Those in use in North America, so that telephones are valid."""
    codes = (f"+1{code}555" for code in range(201, 1000))
    return tuple(code for code in codes if phonenumbers.is_valid_number(phonenumbers.parse(f"{code}0123")))
