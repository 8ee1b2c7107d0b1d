"""Compositions with one thing changed, mostly for the worse: what two validators should agree about."""

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

#: Values of every JSON type, some of which fit some places.
_VALUES: Final[tuple[Any, ...]] = ({}, [], "abc", 12, 3.7, True, None, "", "12", -1, 1e9, "2022-13-45", "P1D")
_SUFFIXES: Final = ("foo", "value", "code", "magnitude", "normal_status")
_CLASSES: Final = ("DV_TEXT", "DV_QUANTITY", "DV_COUNT", "DV_CODED_TEXT", "DV_NONE", "CLUSTER", "ELEMENT")
_STRANGER: Final = {
    "_type": "ELEMENT",
    "name": {"_type": "DV_TEXT", "value": "x"},
    "archetype_node_id": "at9999",
    "value": {"_type": "DV_TEXT", "value": "x"},
}

Flat = dict[str, Any]
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Mutation:
    """`change` names what was done, `at` where, in the composition as it was."""

    change: str
    at: str
    composition: dict[str, Any]


def mutate_flat(flat: Flat, seed: int) -> Mutation:
    """The same one for the same seed; where a change does not fit the composition it is another."""
    dice = random.Random(seed)  # noqa: S311  reproducible, not secret
    while True:
        name = dice.choice(tuple(_FLAT))
        path = dice.choice(tuple(flat))
        changed = _FLAT[name](flat, path, dice)
        if changed:
            return Mutation(name, path, changed)


def _without(flat: Flat, path: str) -> Flat:
    return {each: value for each, value in flat.items() if not _is_beneath(each, path)}


def _is_beneath(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}/", f"{place}|"))


def _cut(flat: Flat, path: str, dice: random.Random) -> Flat:
    names = path.partition("|")[0].split("/")
    return _without(flat, "/".join(names[: dice.randint(2, max(2, len(names)))]))


def _coded(flat: Flat, suffix: str, value: str, dice: random.Random) -> Flat:
    paths = [path for path in flat if path.endswith(suffix)]
    return flat | {dice.choice(paths): value} if paths else {}


def _numbered(flat: Flat, dice: random.Random) -> Flat:
    paths = [path for path, value in flat.items() if type(value) in {int, float}]
    path = dice.choice(paths) if paths else None
    return flat | {path: dice.choice((flat[path] * 1000 + 777, -flat[path] - 999, 0))} if path else {}


def _renamed(flat: Flat, path: str, dice: random.Random) -> Flat:
    place, bar, suffix = path.partition("|")
    names = place.split("/")
    names[dice.randrange(len(names))] += "x"
    return {each: value for each, value in flat.items() if each != path} | {
        "/".join(names) + bar + suffix: flat[path]
    }


def _repeated(flat: Flat, path: str, dice: random.Random) -> Flat:
    names = path.partition("|")[0].split("/")
    end = dice.randint(1, len(names))
    old = "/".join(names[:end])
    new = f"{old.rpartition(':')[0] if old.rpartition(':')[2].isdigit() else old}:{dice.choice((1, 7))}"
    return flat | {new + each[len(old) :]: value for each, value in flat.items() if _is_beneath(each, old)}


_FLAT: Final[dict[str, Callable[[Flat, str, random.Random], Flat]]] = {
    "one path less": lambda flat, path, _: {each: flat[each] for each in flat if each != path},
    "one place less": lambda flat, path, _: _without(flat, path.partition("|")[0]),
    "a branch less": _cut,
    "another value": lambda flat, path, dice: flat | {path: dice.choice(_VALUES)},
    "an unknown code": lambda flat, _, dice: _coded(flat, "|code", "zz99", dice),
    "an unknown unit": lambda flat, _, dice: _coded(flat, "|unit", "zz", dice),
    "another number": lambda flat, _, dice: _numbered(flat, dice),
    "a suffix more": lambda flat, path, dice: {
        f"{path.partition('|')[0]}|{dice.choice(_SUFFIXES)}": "x",
        **flat,
    },
    "another name": _renamed,
    "one more of it": _repeated,
}


def mutate_canonical(composition: dict[str, Any], seed: int) -> Mutation:
    """As `mutate_flat`, for canonical JSON; `at` is a JSON Pointer."""
    dice = random.Random(seed)  # noqa: S311  reproducible, not secret
    places = tuple(_places(composition))
    while True:
        name = dice.choice(tuple(_CANONICAL))
        fits, change = _CANONICAL[name]
        place = dice.choice(places)
        if fits(place, _get(composition, place)):
            changed = copy.deepcopy(composition)
            change(_get(changed, place[:-1]), place[-1], dice)
            return Mutation(name, "".join(f"/{step}" for step in place), changed)


def _places(item: Any, above: Place = ()) -> Iterator[Place]:
    steps = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    for step, value in steps:
        yield (*above, step)
        yield from _places(value, (*above, step))


def _get(item: Any, place: Place) -> Any:
    for step in place:
        item = item[step]
    return item


Fits = Callable[[Place, Any], bool]
Change = Callable[[Any, Any, random.Random], object]


def _put(*values: Any) -> Change:
    def change(parent: Any, step: Any, dice: random.Random) -> None:
        parent[step] = dice.choice(values)

    return change


def _named(*names: str) -> Fits:
    return lambda place, _: place[-1] in names


_CANONICAL: Final[dict[str, tuple[Fits, Change]]] = {
    "one less": (lambda _, __: True, lambda parent, step, _: parent.pop(step)),
    "another value": (
        lambda place, value: not isinstance(value, dict | list) and place[-1] != "_type",
        _put(*_VALUES),
    ),
    "an unknown code": (_named("code_string"), _put("zz99")),
    "an unknown unit": (_named("units"), _put("zz")),
    "another number": (lambda _, value: type(value) in {int, float}, _put(0, -999, 1_000_777)),
    "one more of it": (
        lambda place, _: isinstance(place[-1], int),
        lambda parent, step, _: parent.append(copy.deepcopy(parent[step])),
    ),
    "another archetype": (_named("archetype_node_id"), _put("at9999", "openEHR-EHR-CLUSTER.none.v1")),
    "another name": (lambda place, _: place[-2:] == ("name", "value"), _put("other")),
    "another class": (_named("_type"), _put(*_CLASSES)),
    "a stranger": (
        lambda _, value: isinstance(value, list) and bool(value) and isinstance(value[0], dict),
        lambda parent, step, _: parent[step].append(copy.deepcopy(_STRANGER)),
    ),
    "nothing in it": (lambda _, value: isinstance(value, list), _put([])),
    "other words": (
        lambda place, _: "defining_code" not in place and place[-1] == "value",
        _put("other words"),
    ),
}
