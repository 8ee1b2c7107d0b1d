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
    return "/".join(step.pattern for step in steps)


@dataclass(slots=True)
class _Tree:
    ends: bool = False
    below: "dict[str, _Tree]" = field(default_factory=dict)

    def write(self) -> str:
        branches = [_joined(step, tree) for step, tree in self.below.items()]
        written = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
        return f"(?:/{written})?" if self.ends else f"/{written}"


def _joined(step: str, tree: _Tree) -> str:
    return step + (tree.write() if tree.below else "")


def union(paths: Iterable[tuple[Step, ...]]) -> str:
    """One expression for all of these, without anchors: what they have in common is written once."""
    root = _Tree()
    for path in paths:
        tree = root
        for step in path:
            tree = tree.below.setdefault(step.pattern, _Tree())
        tree.ends = True
    return root.write().removeprefix("/")
