"""Names and versions of query products, and under what name EHRbase keeps them as stored queries."""

import re
from typing import Final, NamedTuple, Self

#: `ward-list`, or a qualified query name as EHRbase takes it: `org.example::ward-list`.
NAME: Final = r"(?:[a-z0-9]+(?:[.-][a-z0-9]+)*::)?[a-z][a-z0-9_-]{0,63}"
VERSION: Final = r"(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})"
LONGEST_NAME: Final = 128
#: EHRbase takes no name without a name space: a product that has none is kept in this one.
_OWN: Final = "product.openward::"
_NAME: Final = re.compile(NAME)
_VERSION: Final = re.compile(VERSION)


class Version(NamedTuple):
    """Of semantic versioning 2.0.0, without pre-release and build: what is published never changes."""

    major: int
    minor: int
    patch: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Raises ValueError."""
        if not _VERSION.fullmatch(text):
            raise ValueError("a version is major.minor.patch")
        return cls(*map(int, text.split(".")))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def is_name(text: str) -> bool:
    """Whether a product may be called so."""
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None and not text.startswith(_OWN)


def stored_name(name: str) -> str:
    """The qualified name of EHRbase's stored query."""
    return name if "::" in name else _OWN + name


def product_name(stored: str) -> str:
    """Of which product a stored query of this name would be."""
    return stored.removeprefix(_OWN)
