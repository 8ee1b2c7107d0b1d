"""Paths of a web template in the reference model, step by step."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: `attribute`, then perhaps `[node id]` or `[node id and name/value='…']`; names may hold quotes.
_STEP: Final = re.compile(r"/(\w+)\s*(?:\[([^\s\]]+)(?: and name/value='(.*?)')?\](?=/|\s*$))?")


@dataclass(frozen=True, slots=True)
class Step:
    """`key` is the step as it is written. `name` is what the predicate asks for, if it does."""

    attribute: str
    node_id: str | None
    name: str | None
    key: str


@lru_cache(maxsize=65_536)
def steps(path: str) -> tuple[Step, ...]:
    return tuple(Step(match[1], match[2], match[3], match[0].strip()) for match in _STEP.finditer(path))


def beneath(path: str, ancestor: str) -> tuple[Step, ...]:
    return steps(path)[len(steps(ancestor)) :]
