import re

from patients.domain.keys.contact import folded

_SEPARATORS = re.compile(r"[\s./\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufeff-]+")


def identifier_key(value: str) -> str:
    """Upper case without blanks, dots, hyphens and slashes, which people leave out; nothing else left, they stay."""
    upper = value if value.isascii() else folded(value)
    upper = upper.upper()
    return _SEPARATORS.sub("", upper) or "".join(upper.split())
