"""Types of the reference model and their attributes. Source: openEHR RM 1.1.0, as Archie 3.12 has it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

_TYPE: Final = re.compile(r"(\w+) <([^>]*)> ?(.*)")
_ATTRIBUTE: Final = re.compile(r"(\w+):(\w+)([*?~]*)")


@dataclass(frozen=True, slots=True)
class RmAttribute:
    """`rm_type`: of each value, if there are many; `computed`: not stored, other attributes say it."""

    name: str
    rm_type: str
    multiple: bool
    optional: bool
    computed: bool


@dataclass(frozen=True, slots=True)
class RmType:
    """`ancestors`: everything that it inherits from, nearest or not."""

    name: str
    ancestors: frozenset[str]
    attributes: Mapping[str, RmAttribute]

    def is_a(self, ancestor: str) -> bool:
        return ancestor == self.name or ancestor in self.ancestors


def rm_type(name: str) -> RmType | None:
    """Also by a generic name, such as DV_INTERVAL<DV_COUNT>. None: there is no such type."""
    return _types().get(name) or _types().get(name.partition("<")[0])


def is_a(name: str, ancestor: str) -> bool:
    found = rm_type(name)
    return found is not None and found.is_a(ancestor)


@cache
def attributes() -> frozenset[str]:
    """What attributes are called, of whatever type."""
    return frozenset(name for each in _types().values() for name in each.attributes)


@cache
def _types() -> Mapping[str, RmType]:
    """Lines of `types.txt`: TYPE <ANCESTOR …> attribute:TYPE… with * many, ? optional, ~ computed."""
    text = files(__package__).joinpath("types.txt").read_text(encoding="ascii")
    return {found[1]: _type(*found.groups()) for found in _TYPE.finditer(text)}


def _type(name: str, ancestors: str, attributes: str) -> RmType:
    found = {
        each[1]: RmAttribute(each[1], each[2], *(mark in each[3] for mark in "*?~"))
        for each in _ATTRIBUTE.finditer(attributes)
    }
    return RmType(name, frozenset(ancestors.split()), found)
