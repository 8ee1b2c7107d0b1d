"""Differences between two web templates as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """`path`: of ids and names of fields, such as `vitals/pulse.inputs[0].list[2].label`; None: not there."""

    path: str
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{self.path}: {self.ours!r} instead of {self.theirs!r}"


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[Difference]:
    """Everything that differs; the order counts in lists, not in objects."""
    return list(_compare("", ours, theirs))


def _compare(path: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        yield from _compare_objects(path, ours, theirs)
    elif _is_list(ours) and _is_list(theirs):
        yield from _compare_lists(path, ours, theirs)
    elif type(ours) is bool or type(theirs) is bool:
        if ours is not theirs:
            yield Difference(path, ours, theirs)
    elif ours != theirs:
        yield Difference(path, ours, theirs)


def _compare_objects(path: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*theirs, *ours)):
        below = path if name in ("tree", "children") else f"{path}.{name}" if path else name
        yield from _compare(below, ours.get(name), theirs.get(name))


def _compare_lists(path: str, ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[Difference]:
    """Nodes by id if each has one of its own, and then their order; other things by position."""
    our_ids, their_ids = _ids(ours), _ids(theirs)
    if our_ids is None or their_ids is None:
        for at in range(max(len(ours), len(theirs))):
            yield from _compare(f"{path}[{at}]", _at(ours, at), _at(theirs, at))
        return
    for id_ in dict.fromkeys((*their_ids, *our_ids)):
        below = f"{path}/{id_}" if path else id_
        yield from _compare(below, our_ids.get(id_), their_ids.get(id_))
    if list(our_ids) != list(their_ids) and set(our_ids) == set(their_ids):
        yield Difference(f"{path} (order)", list(our_ids), list(their_ids))


def _ids(members: Sequence[Any]) -> dict[str, Any] | None:
    if not all(isinstance(each, Mapping) and "id" in each for each in members):
        return None
    by_id = {each["id"]: each for each in members}
    return by_id if len(by_id) == len(members) else None


def _at(members: Sequence[Any], at: int) -> Any:
    return members[at] if at < len(members) else None


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
