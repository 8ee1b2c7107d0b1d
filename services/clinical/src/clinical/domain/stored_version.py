"""Versions of stored queries as EHRbase takes them: a whole one, or a part of which the rest follows."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from clinical.domain.refusals import RequestRefused, spoken

_NUMBER: Final = r"(0|[1-9][0-9]*)"
_WANTED: Final = re.compile(
    rf"{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?)?"
)
_RELEASE: Final = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")
_LATEST: Final = "latest"


@dataclass(frozen=True)
class WantedVersion:
    """`numbers`: as many of major, minor and patch as were named; `suffix`: of a pre-release, `-draft`."""

    numbers: tuple[int, ...] = ()
    suffix: str = ""

    @classmethod
    def of(cls, text: str | None) -> Self:
        """None, blank and `LATEST` name nothing. Raises RequestRefused in EHRbase's words."""
        if text is None or not text.strip() or text.lower() == _LATEST:
            return cls()
        if (found := _WANTED.fullmatch(text)) is None:
            words = spoken("Incorrect version. Use the SEMVER format.")
            raise RequestRefused("A version is major.minor.patch, or a part of that.", extensions=words)
        *numbers, suffix = found.groups()
        return cls(tuple(int(number) for number in numbers if number is not None), suffix or "")

    def __str__(self) -> str:
        return _text(*self.numbers) + self.suffix

    @property
    def whole(self) -> str | None:
        """The version, if it was named in full; None: one is to be chosen."""
        return str(self) if len(self.numbers) == 3 else None

    @property
    def is_replaced(self) -> bool:
        """A pre-release may be stored again with another text; a release never changes."""
        return bool(self.suffix)

    def next_after(self, held: Iterable[str]) -> str:
        """Which release comes next, as EHRbase counts: a new major one, or a new one of what was named."""
        named = len(self.numbers)
        releases = (tuple(map(int, found.groups())) for text in held if (found := _RELEASE.fullmatch(text)))
        latest = max((each for each in releases if each[:named] == self.numbers), default=None)
        first = 0 if named else 1
        following = first if latest is None else latest[named] + 1
        return _text(*self.numbers, following, *(0,) * (2 - named))


def _text(*numbers: int) -> str:
    return ".".join(map(str, numbers))
