"""Two lists of which one came out of the other: which member became which."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, TypeVar

T = TypeVar("T")
#: Above this many comparisons what is equal is looked for at the ends only.
_MOST: Final = 1_000_000


def aligned(
    before: Sequence[T],
    after: Sequence[T],
    whole: Callable[[T], Hashable],
    identities: Sequence[Callable[[T], Hashable]],
) -> Iterator[tuple[T | None, T | None]]:
    """Pairs in the order of the two; None where one was added or removed.

    Equal ones (by `whole`) belong together, and are left out: they are no change. The others are paired by
    the first of the `identities` that two have in common, then by the next, between equal ones that kept
    their order; elsewhere only if there is no other of the last identity in either list.
    """
    found: list[tuple[T | None, T | None]] = []
    for old, new in _blocks(before, after, whole):
        found.extend(_in_order(old, new, _pairs(old, new, (whole, *identities))))
    counts = [Counter(map(identities[-1], side)) for side in (before, after)]

    def alone(each: T) -> Hashable:
        identity = identities[-1](each)
        return identity if all(count[identity] == 1 for count in counts) else object()

    for was, became in _moved(found, (whole, alone)):
        if was is None or became is None or whole(was) != whole(became):
            yield was, became


def _moved(
    found: list[tuple[T | None, T | None]], identities: Sequence[Callable[[T], Hashable]]
) -> Iterator[tuple[T | None, T | None]]:
    """What is removed at one place and added at another is one pair."""
    gone = [place for place, (_, became) in enumerate(found) if became is None]
    come = [place for place, (was, _) in enumerate(found) if was is None]
    olds = [was for was, became in found if became is None and was is not None]
    news = [became for was, became in found if was is None and became is not None]
    pairs = {come[new]: gone[old] for old, new in _pairs(olds, news, identities).items()}
    left = set(pairs.values())
    for place, (was, became) in enumerate(found):
        if place in pairs:
            yield found[pairs[place]][0], became
        elif place not in left:
            yield was, became


def _blocks(
    before: Sequence[T], after: Sequence[T], whole: Callable[[T], Hashable]
) -> Iterator[tuple[Sequence[T], Sequence[T]]]:
    """What is between equal ones in the same order."""
    ours, theirs = [whole(each) for each in before], [whole(each) for each in after]
    start = _shared(ours, theirs)
    end = _shared(ours[start:][::-1], theirs[start:][::-1])
    ours, theirs = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    before, after = before[start : len(before) - end], after[start : len(after) - end]
    if len(ours) * len(theirs) > _MOST:
        yield before, after
        return
    for kind, low, high, other_low, other_high in SequenceMatcher(
        None, ours, theirs, autojunk=False
    ).get_opcodes():
        if kind != "equal":
            yield before[low:high], after[other_low:other_high]


def _shared(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> int:
    """How many are equal from the start."""
    number = 0
    for own, other in zip(ours, theirs, strict=False):
        if own != other:
            break
        number += 1
    return number


def _pairs(
    old: Sequence[T], new: Sequence[T], identities: Sequence[Callable[[T], Hashable]]
) -> dict[int, int]:
    """Place in `new` by place in `old`."""
    found: dict[int, int] = {}
    rest = set(range(len(new)))
    for identity in identities:
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for place in sorted(rest, reverse=True):
            waiting[identity(new[place])].append(place)
        for place, each in enumerate(old):
            if place not in found and (candidates := waiting.get(identity(each))):
                found[place] = candidates.pop()
                rest.discard(found[place])
    return found


def _in_order(
    old: Sequence[T], new: Sequence[T], pairs: dict[int, int]
) -> Iterator[tuple[T | None, T | None]]:
    """As `new` has them; what was removed before the first that came after it."""
    source = {other: place for place, other in pairs.items()}
    told = 0
    for place, each in enumerate(new):
        origin = source.get(place)
        while origin is not None and told <= origin:
            if told not in pairs:
                yield old[told], None
            told += 1
        yield (None if origin is None else old[origin]), each
    for place in range(told, len(old)):
        if place not in pairs:
            yield old[place], None
