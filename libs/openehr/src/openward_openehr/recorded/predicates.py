"""What tells an object of canonical JSON from its siblings: its node id, then its name, then its place."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from openward_openehr.recorded.data_values import said


class Predicate(NamedTuple):
    """Each in brackets, or empty. `node`: the archetype node id; `own`: what is of this one only."""

    node: str
    own: str


def predicates(siblings: Sequence[Any]) -> list[Predicate]:
    """For each of the objects that an attribute holds.

    `[at0004]`; of several with that id `[at0004 and name/value='Left']`; of several with that name too
    `[at0004,3]`: the third of all that the attribute holds.
    """
    ids = [node_id(each) for each in siblings]
    if len(ids) == 1 or len(set(ids)) == len(ids):
        return [Predicate(step := f"[{each}]" if each else "", step) for each in ids]
    names = [name_of(each) for each in siblings]
    of_id, of_name = Counter(ids), Counter(zip(ids, names, strict=True))
    return [
        Predicate(f"[{own}]" if own else "", _own(own, name, of_id[own], of_name[own, name], place))
        for place, (own, name) in enumerate(zip(ids, names, strict=True), start=1)
    ]


def _own(node: str, name: str, of_id: int, of_name: int, place: int) -> str:
    if of_id == 1:
        return f"[{node}]" if node else ""
    if of_name == 1 and node and name:
        return f"[{node} and name/value={quoted(name)}]"
    return f"[{node},{place}]" if node else f"[{place}]"


def quoted(text: str) -> str:
    """As AQL and paths have it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def node_id(item: Any) -> str:
    found = item.get("archetype_node_id") if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""


def name_of(item: Any) -> str:
    return said(item.get("name"), "value") if isinstance(item, dict) else ""
