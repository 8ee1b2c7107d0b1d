"""When two lists are linked and neither holds anybody twice, a record has at most one partner."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

Left = TypeVar("Left", bound=Hashable)
Right = TypeVar("Right", bound=Hashable)


def one_to_one(scored: Iterable[tuple[float, Left, Right]]) -> list[tuple[Left, Right]]:
    """Greedy, best weight first; of equal weights the first given wins."""
    taken_left: set[Left] = set()
    taken_right: set[Right] = set()
    chosen = []
    for _, left, right in sorted(scored, key=lambda pair: pair[0], reverse=True):
        if left not in taken_left and right not in taken_right:
            taken_left.add(left)
            taken_right.add(right)
            chosen.append((left, right))
    return chosen
