"""Versions as major.minor.patch (semver.org), without what may follow: a template is published or not."""

import re
from dataclasses import dataclass
from typing import Final, Self

_TEXT: Final = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)


@dataclass(frozen=True, order=True)
class SemanticVersion:
    major: int = 1
    minor: int = 0
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for anything else than three numbers."""
        parts = _TEXT.fullmatch(text)
        if parts is None:
            raise ValueError(text)
        return cls(*map(int, parts.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def next_patch(self) -> "SemanticVersion":
        return SemanticVersion(self.major, self.minor, self.patch + 1)


FIRST: Final = SemanticVersion(1, 0, 0)
