"""JSON Schema 2020-12 of the FLAT format."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openward_openehr.schema import fragments, paths
from openward_openehr.schema.flat_attributes import Attributes, ends
from openward_openehr.schema.model import About, Field, Model, Record, Scalar
from openward_openehr.schema.paths import Pieces, Step

Json = dict[str, Any]
Path = tuple[Step, ...]
#: Where these are, there is no value.
_INSTEAD = frozenset({"_null_flavour"})


def schema(model: Model) -> Json:
    """Of one object whose keys are paths; nothing else is taken."""
    written = _Writing(model.shared, Attributes(model.shared))
    written.visit((Step(model.root_key),), model.root, required=True)
    context = ends(model.context.fields, model.shared)
    attributes, types = written.attributes.patterns()
    return {
        **fragments.head(model, "FLAT"),
        "type": "object",
        "properties": written.properties,
        "patternProperties": {
            **written.patterns,
            **_together_after("", written.alike),
            **attributes,
            **_together_after("ctx", context),
        },
        "additionalProperties": False,
        "allOf": [{"patternProperties": types}, *written.rules, *_given_once(model)],
        "$defs": fragments.code_sets(model.scalars()),
    }


def _together_after(before: str, found: Mapping[str, list[Pieces]]) -> Json:
    return {f"^{before}{paths.union(each)}$": json.loads(value) for value, each in found.items()}


def _given_once(model: Model) -> Iterator[Json]:
    for key, once in model.given_once.items():
        yield {
            "anyOf": [_some_key(paths.pattern((Step(model.root_key), Step(key)))), *map(_in_context, once)]
        }


def _in_context(name: str) -> Json:
    return {"required": [f"ctx/{name}"]}


def _some_key(pattern: str) -> Json:
    """A property whose name is this path, or one beneath it, is there."""
    return {"not": {"propertyNames": {"not": {"pattern": f"^{pattern}(?:[|/].*)?$"}}}}


@dataclass(slots=True)
class _Writing:
    """What is gathered on the way through the records of the template."""

    shared: Mapping[str, Record]
    attributes: Attributes
    properties: Json = field(default_factory=dict)
    patterns: Json = field(default_factory=dict)
    alike: dict[str, list[Pieces]] = field(default_factory=dict)
    rules: list[Json] = field(default_factory=list)

    def visit(self, path: Path, record: Record, *, required: bool) -> None:
        """`required`: whoever writes a composition cannot leave this path out."""
        base = self.shared[record.base].fields if record.base else ()
        own = {each.key: each for each in record.fields}
        every = {each.key: each for each in (*base, *record.fields)}
        told = [
            each for key, each in every.items() if isinstance(each.of, Scalar) and (key in own or not key)
        ]
        self._values(path, record.about, told)
        for each in every.values():
            if not isinstance(each.of, Record) and each not in told:
                self.attributes.add(path, each)
        if not any(step.repeats for step in path):
            self.rules += self._rules("/".join(step.key for step in path), record, every.values())
        if required and len(path) > 1:
            self.rules.append(_some_key(paths.pattern(path)))
        for each in record.fields:
            if isinstance(each.of, Record):
                beneath = (*path, Step(each.key, each.most))
                self.visit(beneath, each.of, required=required and each.required and path[-1].most == 1)

    def _values(self, path: Path, about: About | None, fields: list[Field]) -> None:
        """The first tells of its node. Others where something repeats share an expression with their like."""
        said = fragments.told(about)
        for each in fields:
            if isinstance(each.of, Scalar):
                taken = tuple(step.numbered() for step in path) if each.only_read else path
                self._put(taken, each.key, fragments.scalar(each.of), said)
                said = {}

    def _put(self, path: Path, key: str, value: Json, said: Json) -> None:
        if not any(step.repeats for step in path):
            self.properties["/".join(step.key for step in path) + key] = said | value
        elif said:
            self.patterns[f"^{paths.pattern(path)}{paths.escaped(key)}$"] = said | value
        else:
            self.alike.setdefault(json.dumps(value), []).append((*paths.pieces(path), paths.escaped(key)))

    def _rules(self, path: str, record: Record, fields: Iterable[Field]) -> list[Json]:
        """Of values that are there once: what else has to be there with them."""
        needed = _needed_together(record)
        together = _together(path, needed)
        for each in fields:
            if isinstance(each.of, str) and not each.repeats:
                together |= _together(f"{path}/{each.key}", _needed_together(self.shared[each.of]))
        if "|magnitude" in needed and "|unit" not in needed:
            together[f"{path}|unit"] = [f"{path}|magnitude"]
        rules = [{"dependentRequired": together}] if together else []
        return [*rules, *fragments.unit_rules(record.units, f"{path}|magnitude", f"{path}|unit")]


def _together(path: str, keys: list[str]) -> Json:
    """Each needs the next and the last the first: all or none."""
    pairs = zip(keys, keys[1:] + keys[:1], strict=True)
    return {f"{path}{key}": [f"{path}{other}"] for key, other in pairs} if len(keys) > 1 else {}


def _needed_together(record: Record) -> list[str]:
    needs = [[key for key in each if key not in _INSTEAD] for each in record.needs]
    ways = [each for each in record.ways if not _INSTEAD.intersection(each)]
    alone = [each[0] for each in needs if len(each) == 1]
    return sorted(set(alone) | set(ways[0] if len(ways) == 1 else ()))
