"""Chance by a seed: the same throws with the same seed on every version of Python."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_T = TypeVar("_T")


class Dice:
    """Everything from `Random.random`: of its methods only this one is promised to stay as it is."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  examples are no secrets

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def integer(self, low: int, high: int) -> int:
        """One of low, low + 1, …, high."""
        return low + int((high - low + 1) * self._random.random())

    def one_of(self, of: Sequence[_T]) -> _T:
        return of[self.integer(0, len(of) - 1)]

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def digits(self, count: int) -> str:
        return "".join(str(self.integer(0, 9)) for _ in range(count))
