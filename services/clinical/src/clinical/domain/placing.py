"""Where EHRbase's objections are in the caller's own composition, by its template."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from openward_contracts.composition_problem import CompositionProblem
from openward_openehr.validation.spot import Spot

from clinical.domain.composition import Format
from clinical.domain.languages import spoken
from clinical.domain.objection import Objection, Place
from clinical.domain.templates import KnownTemplate

_STEP: Final = re.compile(r"/([^/\[]+)(?:\[([^\]]*)\])?")
_POSITION: Final = re.compile(r",\s*(\d+)\s*$")
_INDEX: Final = re.compile(r":(\d+)$")


class _Step(NamedTuple):
    """`node_id` is empty where none is named; `number` counts those of that id, from 1."""

    attribute: str
    node_id: str
    number: int


@dataclass(frozen=True)
class Placing:
    """`content` is the composition as JSON, None where it was not looked into; `known`: its template."""

    form: Format
    content: Any
    known: KnownTemplate | None
    languages: tuple[str, ...] = ()

    def problem(self, objection: Objection) -> CompositionProblem:
        """What is only known in part has an empty path, which is the whole composition."""
        spot = self._spot(objection)
        node = spot.node if spot else None
        language = self.language
        labels = node.localized_names if node else {}
        label = (node.localized_name or node.name) if node else ""
        return CompositionProblem(
            code=objection.rule,
            path=self._path(objection, spot),
            aql_path=objection.path if objection.place is Place.AQL else node.aql_path if node else "",
            label=labels.get(language, label) if language else label,
            expected=dict(objection.expected),
            found=None,
            did_you_mean=[],
            tolerated=False,
        )

    @property
    def language(self) -> str | None:
        """That of labels, as the template tags it."""
        return spoken(self.languages, self.known.web_template.languages) if self.known else None

    def _path(self, objection: Objection, spot: Spot | None) -> str:
        if self.form is Format.FLAT:
            return objection.path if objection.place is Place.FLAT else spot.path if spot else ""
        if objection.place is Place.POINTER:
            return objection.path
        if self.form is Format.STRUCTURED:
            flat = objection.path if objection.place is Place.FLAT else spot.path if spot else ""
            return _in_structured(self.content, flat)
        return _in_canonical(self.content, objection.path) if objection.place is Place.AQL else ""

    def _spot(self, objection: Objection) -> Spot | None:
        if self.known is None or objection.place is not Place.AQL:
            return None
        root = self.known.validator.root
        return _nearest(root, [(step.attribute, step.node_id) for step in _steps(objection.path)])


def _nearest(root: Spot, wanted: list[tuple[str, str]]) -> Spot:
    """The one node on the way that leads farthest; what two could mean is told by the node above them."""
    found, depth, rivals = root, 0, 0
    for spot in root.walk():
        steps = [(step.attribute, step.node_id) for step in _steps(spot.node.aql_path)]
        if len(steps) < depth or not steps or steps != wanted[: len(steps)]:
            continue
        rivals = rivals + 1 if len(steps) == depth else 0
        found, depth = spot, len(steps)
    return _nearest(root, wanted[: depth - 1]) if rivals else found


def _steps(path: str) -> Iterator[_Step]:
    for attribute, predicate in _STEP.findall(path.strip()):
        position = _POSITION.search(predicate)
        node_id = re.split(r"[\s,]", predicate.strip(), maxsplit=1)[0]
        yield _Step(attribute, node_id, int(position[1]) if position else 1)


def _in_canonical(content: Any, path: str) -> str:
    """The JSON Pointer of the last step that is there, and of one more: what is missing."""
    pointer, place = "", content
    for step in _steps(path):
        place = place.get(step.attribute) if isinstance(place, Mapping) else None
        pointer += f"/{step.attribute}"
        if isinstance(place, list):
            same = [n for n, each in enumerate(place) if not step.node_id or _node_id(each) == step.node_id]
            if len(same) < step.number:
                break
            index = same[step.number - 1]
            pointer, place = f"{pointer}/{index}", place[index]
        if place is None:
            break
    return pointer


def _node_id(item: Any) -> Any:
    return item.get("archetype_node_id") if isinstance(item, Mapping) else None


def _in_structured(content: Any, flat: str) -> str:
    pointer, place = "", content
    names, _, suffix = flat.partition("|")
    for segment in filter(None, names.split("/")):
        name, index = _INDEX.sub("", segment), _INDEX.search(segment)
        number = int(index[1]) if index else 0
        place = place.get(name) if isinstance(place, Mapping) else None
        pointer += f"/{name}"
        if isinstance(place, list):
            pointer += f"/{number}"
            place = place[number] if number < len(place) else None
    return f"{pointer}/|{suffix}" if suffix else pointer
