"""Keys of addresses, postal and electronic."""

from patients.domain.keys.folding import folded
from patients.domain.keys.text import search_key

_SHORT = {
    "apartment": "apt",
    "av": "ave",
    "avenue": "ave",
    "boulevard": "blvd",
    "court": "ct",
    "drive": "dr",
    "lane": "ln",
    "place": "pl",
    "road": "rd",
    "saint": "st",
    "square": "sq",
    "street": "st",
}


def email_key(text: str) -> str:
    """Without case and blanks. Local parts differ by case in RFC 5321 only, not between people."""
    return folded(text)


def postal_key(text: str) -> str:
    """Letters and digits only, upper case: SW1A1AA."""
    return search_key(text).replace(" ", "").upper()


def city_key(text: str) -> str:
    return search_key(text)


def line_key(text: str) -> str:
    """The search key of a street line with the usual words short: 12 main st, hauptstr 7."""
    return " ".join(map(_short, search_key(text).split()))


def _short(word: str) -> str:
    return f"{word[:-7]}str" if word.endswith("strasse") else _SHORT.get(word, word)
