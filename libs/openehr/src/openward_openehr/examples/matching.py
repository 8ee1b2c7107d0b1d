"""Text that a regular expression matches: what templates write as patterns of texts and identifiers.

Literals, classes, groups, alternatives, repetitions and anchors; nothing that looks around or back.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from openward_openehr.examples.dice import Dice

_Sampler = Callable[[Dice], str]
_ESCAPED: Final = {"d": "0123456789", "w": "abcdefghkmnprstuvwxyz", "s": " ", "t": "\t", "n": "\n"}
_ANY: Final = "abcdefghkmnprstuvwxyz"
_PRINTABLE: Final = "".join(map(chr, range(32, 127)))
_COUNTS: Final = re.compile(r"\{(\d+)(,?)(\d*)\}")
_REPEATED: Final = {"*": (0, 3), "+": (1, 3), "?": (0, 1)}


class PatternNotUnderstood(ValueError):  # noqa: N818  errors are named <Noun><Problem>
    """A regular expression with a construct that no example is made for."""


def matching(pattern: str, dice: Dice) -> str:
    """All of the text matches all of the pattern. Raises PatternNotUnderstood."""
    reading = _Reading(pattern)
    sampler = reading.alternatives()
    if not reading.at_end:
        raise PatternNotUnderstood(pattern)
    return sampler(dice)


@dataclass
class _Reading:
    """A recursive descent over the pattern; each method gives what writes the part that it read."""

    pattern: str
    at: int = 0

    @property
    def at_end(self) -> bool:
        return self.at >= len(self.pattern)

    def alternatives(self) -> _Sampler:
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        return lambda dice: dice.one_of(branches)(dice)

    def _sequence(self) -> _Sampler:
        parts: list[_Sampler] = []
        while not self.at_end and self.pattern[self.at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return lambda dice: "".join(part(dice) for part in parts)

    def _atom(self) -> _Sampler:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return _one_of(self._class())
        if character == "\\":
            return self._escaped()
        if character in "^$":
            return lambda _: ""
        return _one_of(_ANY if character == "." else character)

    def _group(self) -> _Sampler:
        if self._take("?") and not self._take(":"):
            raise PatternNotUnderstood(self.pattern)
        inner = self.alternatives()
        if not self._take(")"):
            raise PatternNotUnderstood(self.pattern)
        return inner

    def _escaped(self) -> _Sampler:
        character = self._next()
        if character.isalnum() and character not in _ESCAPED:
            raise PatternNotUnderstood(self.pattern)
        return _one_of(_ESCAPED.get(character, character))

    def _class(self) -> str:
        negated, members = self._take("^"), ""
        while not (members and self._take("]")):
            first = self._next()
            if first == "\\":
                escaped = self._next()
                members += _ESCAPED.get(escaped, escaped)
            elif (
                self.pattern[self.at : self.at + 1] == "-" and self.pattern[self.at + 1 : self.at + 2] != "]"
            ):
                self.at += 1
                members += "".join(map(chr, range(ord(first), ord(self._next()) + 1)))
            else:
                members += first
        return "".join(each for each in _PRINTABLE if each not in members) if negated else members

    def _repeated(self, atom: _Sampler) -> _Sampler:
        low, high = self._counts()
        self._take("?")
        return lambda dice: "".join(atom(dice) for _ in range(dice.integer(low, high)))

    def _counts(self) -> tuple[int, int]:
        if counts := _COUNTS.match(self.pattern, self.at):
            self.at = counts.end()
            low = int(counts[1])
            return low, int(counts[3]) if counts[3] else low + (2 if counts[2] else 0)
        mark = self.pattern[self.at : self.at + 1]
        if mark in _REPEATED:
            self.at += 1
            return _REPEATED[mark]
        return 1, 1

    def _take(self, character: str) -> bool:
        taken = self.pattern.startswith(character, self.at)
        self.at += taken
        return taken

    def _next(self) -> str:
        if self.at_end:
            raise PatternNotUnderstood(self.pattern)
        self.at += 1
        return self.pattern[self.at - 1]


def _one_of(characters: str) -> _Sampler:
    return lambda dice: dice.one_of(characters)
