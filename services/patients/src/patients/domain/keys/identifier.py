import re

from patients.domain.keys.folding import folded

_SEPARATORS = re.compile(r"[./\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufeff-]+")


def identifier_key(value: str) -> str:
    """Upper case without blanks, dots, hyphens and slashes, which people leave out.

    A value of nothing else keeps them, so that two such do not become one.
    """
    while (again := _once(value)) != value:
        value = again
    return value


def _once(value: str) -> str:
    upper = folded(value).upper()
    return _SEPARATORS.sub("", upper) or upper
