"""Keys of addresses, postal and electronic."""

import unicodedata

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
    if text.isascii():
        return "".join(text.lower().split())
    return "".join(folded(text).split())


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


def folded(text: str) -> str:
    """NFKC without case; repeated, because folding a character can make one that NFKC composes anew."""
    while (again := unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())) != text:
        text = again
    return text
