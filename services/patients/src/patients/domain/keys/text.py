"""Text as it is searched: ASCII letters and digits, single blanks."""

import unicodedata
from functools import lru_cache
from string import ascii_letters, digits

from anyascii import anyascii

#: Within a name they join: O'Neill is searched as oneill. NFKC would make a blank of the acute accent.
_APOSTROPHES = "'`\u00b4\u2018\u2019\u2032\u02b9\u02bb\u02bc\uff07"

_ASCII = dict.fromkeys(range(128), " ") | {ord(sign): sign.lower() for sign in ascii_letters + digits}
_ASCII_TABLE = str.maketrans(_ASCII | dict.fromkeys(map(ord, _APOSTROPHES)))

_WITHOUT_APOSTROPHES = str.maketrans(dict.fromkeys(_APOSTROPHES))

#: A letter of its own, though it decomposes into i and a breve: Andrey, not Andrei.
_OWN_LETTERS = str.maketrans({"\u0439": "y"})

#: Canonical combining classes of marks that change the sound: nukta, kana voicing, virama.
_SOUNDED = frozenset({7, 8, 9})

LONGEST = 200

_NOTHING = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"})


def search_key(text: str) -> str:
    """Letters and digits of a name in ASCII: no case, diacritics or punctuation, single blanks.

    Other scripts are transliterated (tables of anyascii). Text of symbols only becomes their names or code
    points, so that only text of blanks and punctuation has the key `""`. At most LONGEST characters: one
    letter may be transliterated to a sentence, and two keys must fit into an entry of an index.
    """
    if not text.isascii():
        return _key(text)
    if text.isalnum():
        return text.lower()[:LONGEST]
    return _short(" ".join(text.translate(_ASCII_TABLE).split()) or _of_symbols(text))


def words(text: str) -> tuple[str, ...]:
    """Words of a text's search key, in its order."""
    return tuple(search_key(text).split())


@lru_cache(maxsize=1 << 14)
def _key(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.translate(_WITHOUT_APOSTROPHES)).casefold()
    decomposed = unicodedata.normalize("NFKD", folded.translate(_OWN_LETTERS))
    bare = unicodedata.normalize("NFC", "".join(filter(_sounds, decomposed)))
    return _short(_in_ascii("".join(map(_kept, bare))) or _of_symbols(text))


def _short(key: str) -> str:
    return key[:LONGEST].rstrip()


def _sounds(character: str) -> bool:
    combining = unicodedata.combining(character)
    return not combining or combining in _SOUNDED


def _kept(character: str) -> str:
    if character.isalnum():
        return character
    category = unicodedata.category(character)
    if category.startswith("M"):
        return character  # vowel signs; without them a transliteration would add wrong vowels
    return "" if category == "Cf" else " "


def _in_ascii(text: str) -> str:
    """Signs that a letter is transliterated to (a hyphen for a long vowel) fall out and do not separate."""
    kept = (sign for sign in anyascii(text).lower() if sign.isalnum() or sign == " ")
    return " ".join("".join(kept).split())


def _of_symbols(text: str) -> str:
    symbols = [
        sign for sign in text if sign not in _APOSTROPHES and unicodedata.category(sign) not in _NOTHING
    ]
    named = _in_ascii(" ".join(symbols))
    return named or " ".join(f"u{ord(sign):x}" for sign in symbols)
