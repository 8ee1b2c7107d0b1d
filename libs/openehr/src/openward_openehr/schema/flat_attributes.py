"""FLAT paths that end in the reference model: `…/_link:1|meaning` after any path of the template."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from openward_openehr.schema import fragments, paths
from openward_openehr.schema.model import ITSELF, Field, Record, Scalar
from openward_openehr.schema.paths import Pieces, Step

Json = dict[str, Any]


@dataclass(slots=True)
class Attributes:
    """Which attributes may follow which paths of a template."""

    shared: Mapping[str, Record]
    places: dict[Field, list[tuple[Step, ...]]] = field(default_factory=dict)

    def add(self, path: tuple[Step, ...], attribute: Field) -> None:
        self.places.setdefault(attribute, []).append(path)

    def patterns(self) -> tuple[Json, Json]:
        """Two sets of pattern properties: what may be there; and of what type it is, wherever it is.

        They are two because the first has all paths of the template in it, as few times as possible.
        """
        groups = [(paths_of_group, self._ends(fields)) for paths_of_group, fields in self._groups()]
        types = _types(groups)
        anywhere: dict[str, list[Pieces]] = {}
        for end, values in types.items():
            if len(values) == 1:
                anywhere.setdefault(next(iter(values)), []).append(end)
        taken: Json = {}
        for paths_of_group, found in groups:
            before = f"^{paths.union(paths.pieces(each) for each in paths_of_group)}"
            for value, of_value in found.items():
                own = [each for each in of_value if len(types[each]) > 1]
                if own:
                    taken[f"{before}{paths.union(own)}$"] = json.loads(value)
            everywhere = [each for of_value in found.values() for each in of_value if len(types[each]) == 1]
            if everywhere:
                taken[f"{before}{paths.union(everywhere)}$"] = {}
        return taken, {f"{paths.union(all_ends)}$": json.loads(value) for value, all_ends in anywhere.items()}

    def _groups(self) -> Iterable[tuple[tuple[tuple[Step, ...], ...], list[Field]]]:
        groups: dict[tuple[tuple[Step, ...], ...], list[Field]] = {}
        for each, places in self.places.items():
            groups.setdefault(tuple(places), []).append(each)
        return groups.items()

    def _ends(self, fields: Iterable[Field]) -> dict[str, list[Pieces]]:
        return ends(fields, self.shared)


def ends(fields: Iterable[Field], shared: Mapping[str, Record]) -> dict[str, list[Pieces]]:
    """What may follow a path that has these fields, by the schema of the value there (as JSON)."""
    found: dict[str, list[Pieces]] = {}
    _follow((), fields, shared, found)
    return found


def _follow(
    before: tuple[tuple[str, str], ...],
    fields: Iterable[Field],
    shared: Mapping[str, Record],
    found: dict[str, list[Pieces]],
) -> None:
    """A record within itself is not followed again."""
    for each in fields:
        if isinstance(each.of, Scalar):
            schema = json.dumps(fragments.scalar(each.of))
            found.setdefault(schema, []).append((*(step for step, _ in before), _end(each)))
            continue
        record = shared[each.of] if isinstance(each.of, str) else each.of
        if all(name != record.name for _, name in before):
            step = f"/{Step(each.key, each.most).pattern}"
            _follow((*before, (step, record.name)), record.fields, shared, found)


def _end(each: Field) -> str:
    if each.key == ITSELF or each.key.startswith("|"):
        return paths.escaped(each.key)
    return f"/{paths.escaped(each.key)}{paths.index(each.most) if each.repeats else ''}"


def _types(groups: Iterable[tuple[object, Mapping[str, list[Pieces]]]]) -> dict[Pieces, set[str]]:
    """Types that the same end has after different paths; "" too where it does not say what it is of."""
    types: dict[Pieces, set[str]] = {}
    for _, found in groups:
        for value, all_ends in found.items():
            for each in all_ends:
                types.setdefault(each, set()).add(value)
                if not each[0].startswith("/_"):
                    types[each].add("")
    return types
