"""Regular expressions for many FLAT paths at once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

_ONE_DIGIT: Final = 10


@dataclass(frozen=True, slots=True)
class Step:
    """A segment of a path; `most` None: there may be any number of it."""

    key: str
    most: int | None = 1
    index_is_written: bool = False

    @property
    def repeats(self) -> bool:
        return self.most != 1

    def numbered(self) -> "Step":
        """The same where an index has to be written, if there may be more than one."""
        return Step(self.key, self.most, self.repeats)

    @property
    def pattern(self) -> str:
        number = index(self.most)
        return f"{escaped(self.key)}{number.removesuffix('?') if self.index_is_written else number}"


#: Those that regular expressions of Python, ECMA 262 and PCRE need escaped alike.
_SPECIAL: Final = re.compile(r"[\\^$.|?*+()\[\]{}/]")


def escaped(text: str) -> str:
    """For any dialect of regular expressions: `re.escape` is for Python's alone."""
    return _SPECIAL.sub(lambda found: "/" if found[0] == "/" else f"\\{found[0]}", text)


def index(most: int | None) -> str:
    """What may follow a name: `:0` always, more where there may be more."""
    if most is None or most > _ONE_DIGIT:
        return r"(?::\d+)?"
    return "(?::0)?" if most == 1 else f"(?::[0-{most - 1}])?"


def pattern(steps: Iterable[Step]) -> str:
    """Of one path, without anchors."""
    return "".join(pieces(steps))


#: Parts of a path that follow each other as they are: segments with their slashes, a suffix with its bar.
Pieces = tuple[str, ...]


def pieces(steps: Iterable[Step]) -> Pieces:
    """Of one path."""
    first, *others = steps
    return (first.pattern, *(f"/{each.pattern}" for each in others))


@dataclass(slots=True)
class _Tree:
    ends: bool = False
    below: "dict[str, _Tree]" = field(default_factory=dict)

    def write(self) -> str:
        branches = [piece + tree.write() for piece, tree in self.below.items()]
        if not branches:
            return ""
        together = f"(?:{'|'.join(branches)})"
        return f"{together}?" if self.ends else together if len(branches) > 1 else branches[0]


def union(paths: Iterable[Pieces]) -> str:
    """One expression for all of these, without anchors: what they have in common is written once."""
    root = _Tree()
    for path in paths:
        tree = root
        for piece in path:
            tree = tree.below.setdefault(piece, _Tree())
        tree.ends = True
    return root.write()
