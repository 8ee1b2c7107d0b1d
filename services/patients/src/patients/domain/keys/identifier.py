import hashlib
import re

from patients.domain.keys.folding import folded

_LONGEST = 400
_SEPARATORS = re.compile(r"[./\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufeff-]+")


def identifier_key(value: str) -> str:
    """Upper case without blanks, dots, hyphens and slashes, which people leave out.

    A value of nothing else keeps them, so that two such do not become one. Of one that folding makes longer
    than an entry of an index may be, the SHA-256.
    """
    while (again := _once(value)) != value:
        value = again
    return value if len(value) <= _LONGEST else hashlib.sha256(value.encode()).hexdigest().upper()


def _once(value: str) -> str:
    upper = folded(value).upper()
    return _SEPARATORS.sub("", upper) or upper
