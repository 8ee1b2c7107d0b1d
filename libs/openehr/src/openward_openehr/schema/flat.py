"""JSON Schema 2020-12 of the FLAT format."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openward_openehr.schema import fragments, paths
from openward_openehr.schema.model import ITSELF, About, Field, Model, Record, Scalar
from openward_openehr.schema.paths import Step

Json = dict[str, Any]
Path = tuple[Step, ...]


def schema(model: Model) -> Json:
    """Of one object whose keys are paths; nothing else is taken."""
    written = _Writing(model.shared)
    written.visit((Step(model.root_key),), model.root, required=True)
    context = _Tails(model.shared)
    context.follow("", model.context.fields, ())
    return {
        **fragments.head(model, "FLAT"),
        "type": "object",
        "properties": written.properties,
        "patternProperties": {**written.patterns, **written.shared_patterns(), **_context(context.found)},
        "additionalProperties": False,
        "allOf": [*written.rules, *_given_once(model)],
    }


def _context(found: Mapping[str, list[str]]) -> Json:
    return {f"^ctx(?:{'|'.join(ends)})$": json.loads(value) for value, ends in found.items()}


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
    properties: Json = field(default_factory=dict)
    patterns: Json = field(default_factory=dict)
    rules: list[Json] = field(default_factory=list)
    attributes: dict[Field, list[Path]] = field(default_factory=dict)

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
                self.attributes.setdefault(each, []).append(path)
        self.rules += self._unit_rules(path, record)
        if required and record.base and record.about:
            self.rules.append(_some_key(paths.pattern(path)))
        for each in record.fields:
            if isinstance(each.of, Record):
                beneath = (*path, Step(each.key, each.most))
                self.visit(beneath, each.of, required=required and each.required and path[-1].most == 1)

    def _values(self, path: Path, about: About | None, fields: list[Field]) -> None:
        said = fragments.told(about)
        for each in fields:
            if isinstance(each.of, Scalar):
                taken = tuple(step.numbered() for step in path) if each.only_read else path
                self._put(taken, each.key, {**said, **fragments.scalar(each.of)})
                said = {key: said[key] for key in ("title",) if key in said}

    def _put(self, path: Path, key: str, value: Json) -> None:
        if not any(step.repeats for step in path):
            self.properties["/".join(step.key for step in path) + key] = value
        else:
            self.patterns[f"^{paths.pattern(path)}{paths.escaped(key)}$"] = value

    def _unit_rules(self, path: Path, record: Record) -> list[Json]:
        if any(step.repeats for step in path):
            return []
        text = "/".join(step.key for step in path)
        return fragments.unit_rules(record.units, f"{text}|magnitude", f"{text}|unit")

    def shared_patterns(self) -> Json:
        """One expression for each kind of value and each group of paths that has the same attributes."""
        groups: dict[tuple[Path, ...], list[Field]] = {}
        for each, places in self.attributes.items():
            groups.setdefault(tuple(places), []).append(each)
        made: Json = {}
        for paths_of_group, fields in groups.items():
            tails = _Tails(self.shared)
            tails.follow("", fields, ())
            before = f"^{paths.union(paths_of_group)}"
            made |= {
                f"{before}(?:{'|'.join(ends)})$": json.loads(value) for value, ends in tails.found.items()
            }
        return made


@dataclass(slots=True)
class _Tails:
    """What may follow a path, as expressions, by the schema of the value there (as JSON)."""

    shared: Mapping[str, Record]
    found: dict[str, list[str]] = field(default_factory=dict)

    def follow(self, before: str, fields: Iterable[Field], above: tuple[str, ...]) -> None:
        """A record within itself is not followed again."""
        for each in fields:
            if isinstance(each.of, Scalar):
                schema = json.dumps(fragments.scalar(each.of))
                self.found.setdefault(schema, []).append(before + _end(each))
            elif each.of not in above:
                record = self.shared[each.of] if isinstance(each.of, str) else each.of
                step = f"/{Step(each.key, each.most).pattern}"
                self.follow(before + step, record.fields, (*above, record.name))


def _end(field: Field) -> str:
    if field.key == ITSELF or field.key.startswith("|"):
        return paths.escaped(field.key)
    return f"/{paths.escaped(field.key)}{paths.index(field.most) if field.repeats else ''}"
