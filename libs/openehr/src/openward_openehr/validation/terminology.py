"""Codes of openEHR's own terminology and of the code sets that its reference model names.

Source: openEHR support terminology, release 3, as Archie 3.12 has it; the code sets are in `code_sets.txt`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from openward_openehr.reference_model.terminology import groups

OPENEHR: Final = "openehr"


@dataclass(frozen=True, slots=True)
class CodeSet:
    """`terminology`: the id that a code of it has to be given with; `codes` with their rubric, if any."""

    terminology: str
    codes: Mapping[str, str | None]

    def holds(self, code: str, terminology: str | None) -> bool:
        """Ids of terminologies are compared without case, codes with it."""
        same = terminology is None or terminology.lower() == self.terminology.lower()
        return same and code in self.codes


@cache
def code_set(name: str) -> CodeSet:
    """A group of the openEHR terminology (`setting`) or a code set (`languages`). Raises KeyError."""
    return _sets()[name]


@cache
def rubrics() -> Mapping[str, frozenset[str]]:
    """Of each code of the openEHR terminology, what it may say: a code can be in several groups."""
    found: dict[str, set[str]] = {}
    for group in groups().values():
        for code, says in group.items():
            found.setdefault(code, set()).add(says)
    return {code: frozenset(says) for code, says in found.items()}


@cache
def _sets() -> Mapping[str, CodeSet]:
    found = {name: CodeSet(OPENEHR, group) for name, group in groups().items()}
    text = files(__package__).joinpath("code_sets.txt").read_text(encoding="utf-8")
    for name, terminology, codes in _SET.findall(text):
        found[name] = CodeSet(terminology, dict.fromkeys(codes.split()))
    return found


_SET: Final = re.compile(r"^(\S.*) = (.+)\n((?:  .*\n)+)", re.MULTILINE)
