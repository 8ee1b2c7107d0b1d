"""What the population is called and where it lives: distributions with a head and a long tail.

They are made of syllables, so that nothing need be fetched, or read from the package `names` 0.3.0, which
holds the frequencies of the United States census of 1990.
"""

import tarfile
import zipfile
from bisect import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Self
from zlib import crc32

#: Birth years whose given names differ; a name has its height in one of them.
COHORTS = (range(1880, 1940), range(1940, 1960), range(1960, 1980), range(1980, 2000), range(2000, 2100))

#: How much of a name's frequency is left that many cohorts away from its height.
_FASHION = (1.0, 0.6, 0.3, 0.15, 0.1)

_WORD_STARTS = (
    "b",
    "br",
    "ch",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "r",
    "s",
    "sch",
    "st",
    "t",
    "th",
    "tr",
    "v",
    "w",
    "z",
)
_WORD_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ee", "ou")
_WORD_ENDS = (
    "ck",
    "d",
    "ff",
    "l",
    "ll",
    "m",
    "n",
    "nd",
    "ng",
    "r",
    "rd",
    "rt",
    "s",
    "ss",
    "st",
    "t",
    "tt",
    "x",
)
_FAMILY_ENDINGS = (
    "berg",
    "by",
    "er",
    "ez",
    "field",
    "ford",
    "ham",
    "ings",
    "ley",
    "man",
    "more",
    "s",
    "sen",
    "son",
    "ston",
    "ton",
    "well",
    "wood",
)
_GIVEN_ENDINGS = {
    "female": ("a", "ah", "ara", "elle", "ette", "ia", "ie", "ina", "is", "lyn", "ora", "y"),
    "male": ("an", "ard", "as", "el", "en", "er", "ian", "in", "io", "on", "or", "us"),
}


@dataclass(frozen=True)
class Weighted:
    """Values to be drawn by weight."""

    values: Sequence[str]
    cumulative: Sequence[float]

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> Self:
        return cls(tuple(weights), tuple(accumulate(weights.values())))

    def drawing(self, random: Callable[[], float]) -> Callable[[], str]:
        """A function that draws one; half a microsecond of 90,000."""
        values, cumulative, total = self.values, self.cumulative, self.cumulative[-1]
        return lambda: values[bisect(cumulative, random() * total)]


@dataclass(frozen=True)
class Names:
    """`given` by gender, one distribution for each of COHORTS."""

    family: Weighted
    given: Mapping[str, Sequence[Weighted]]

    @classmethod
    def of(cls, family: Mapping[str, float], given: Mapping[str, Mapping[str, float]]) -> Self:
        fashions = {gender: tuple(_in_fashion(weights)) for gender, weights in given.items()}
        return cls(Weighted.of(family), fashions)


def names_from(package: Path) -> Names:
    """`package` is its source archive, a wheel built from that, or the directory it is installed in."""
    given = {gender: _frequencies(_member(package, f"dist.{gender}.first")) for gender in _GIVEN_ENDINGS}
    return Names.of(_frequencies(_member(package, "dist.all.last")), given)


def made_names(families: int = 60_000, given: int = 3_000) -> Names:
    """Always the same, by the rank-frequency law of Zipf and Mandelbrot fitted to the census by eye."""
    rng = Random(1)  # noqa: S311  not a secret
    by_gender = {gender: _zipf(_made(rng, ends, given), 1.15, 12) for gender, ends in _GIVEN_ENDINGS.items()}
    return Names.of(_zipf(_made(rng, _FAMILY_ENDINGS, families), 1.0, 25), by_gender)


def _made(rng: Random, endings: Sequence[str], count: int) -> Iterable[str]:
    seen: dict[str, None] = {}
    while len(seen) < count:
        syllables = (rng.choice(_WORD_STARTS) + rng.choice(_WORD_VOWELS) for _ in range(rng.randint(1, 2)))
        seen["".join((*syllables, rng.choice(_WORD_ENDS), rng.choice(endings))).title()] = None
    return seen


def _zipf(values: Iterable[str], exponent: float, shift: float) -> dict[str, float]:
    return {value: (rank + shift) ** -exponent for rank, value in enumerate(values, 1)}


def _in_fashion(weights: Mapping[str, float]) -> Iterable[Weighted]:
    for cohort in range(len(COHORTS)):
        yield Weighted.of(
            {name: weight * _FASHION[abs(cohort - _height(name))] for name, weight in weights.items()}
        )


def _height(name: str) -> int:
    return crc32(name.encode()) % len(COHORTS)


def _frequencies(text: str) -> dict[str, float]:
    """Lines of name, per cent, cumulated per cent, rank. The rarest are given as 0.000."""
    rows = (line.split() for line in text.splitlines())
    return {row[0].title(): max(float(row[1]), 0.0004) for row in rows}


def _member(package: Path, name: str) -> str:
    if package.is_dir():
        return (package / "names" / name).read_text()
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            return wheel.read(f"names/{name}").decode()
    with tarfile.open(package) as source:
        member = source.extractfile(f"names-0.3.0/names/{name}")
        if member is None:
            raise FileNotFoundError(name)
        return member.read().decode()
