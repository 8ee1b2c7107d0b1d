"""An example as canonical JSON: objects of the reference model, with those that a web template leaves out.

Node ids of what is left out (HISTORY, ITEM_TREE, …) follow from paths, classes and names from the template's
full tree. Without that, it is an ITEM_TREE of a POINT_EVENT, which nearly all are, and names have no codes.
"""

from typing import Any, Final

from openward_openehr.examples import reference_model as rm
from openward_openehr.examples.instances import Instance
from openward_openehr.examples.paths import Step, beneath, steps
from openward_openehr.examples.structures import Structures
from openward_openehr.web_template.model import Node

Json = dict[str, Any]
_RM_VERSION: Final = "1.0.4"
_MANY: Final = frozenset({"content", "items", "rows", "events", "activities"})
_WITHOUT_NAME: Final = frozenset({"EVENT_CONTEXT", "ISM_TRANSITION"})
_NAMES: Final = {"HISTORY": "History", "POINT_EVENT": "Event", "ELEMENT": "Item"}


def canonical(composition: Instance, template_id: str, structures: Structures) -> Json:
    """`structures`: of the full tree, which tells what paths do not."""
    written = _Writing(structures).object(composition)
    written["archetype_details"]["template_id"] = {"_type": "TEMPLATE_ID", "value": template_id}
    return written


class _Writing:
    def __init__(self, structures: Structures) -> None:
        self._structures = structures

    def object(self, of: Instance) -> Json:
        path = of.node.aql_path
        last = steps(path)[-1:]
        made = _shell(of.rm_type, of.node.node_id, self._named(path, last[0] if last else None, of.node))
        between: dict[str, Json] = {}
        for child in of.children:
            self._attach(made, of, child, between)
        return _completed(made)

    def _attach(self, parent: Json, of: Instance, child: Instance, between: dict[str, Json]) -> None:
        """Objects of `between` are those on the way from parent to its children, by their path."""
        way = beneath(child.node.aql_path, of.node.aql_path)
        at, path = parent, of.node.aql_path
        for number, step in enumerate(way[:-1]):
            path += step.key
            if way[number + 1].attribute == "value":
                at = _put(at, step, _shell("ELEMENT", step.node_id, self._named(path, step, child.node)))
            elif path in between:
                at = between[path]
            else:
                at = between[path] = _put(at, step, self._structure(path, step, at["_type"]))
        _put(at, way[-1], self.object(child) if child.value is None else child.value)

    def _structure(self, path: str, step: Step, parent: str) -> Json:
        rm_type = self._structures.rm_type(path) or _between(parent, step.attribute)
        name = self._structures.name(path, step.name, None)
        return _shell(rm_type, step.node_id, name or rm.text(_NAMES.get(rm_type, "Tree")))

    def _named(self, path: str, step: Step | None, node: Node) -> Json:
        asked = step.name if step else None
        return self._structures.name(path, asked, node) or rm.text(node.name)


def _shell(rm_type: str, node_id: str | None, name: Json) -> Json:
    if rm_type in _WITHOUT_NAME:
        return {"_type": rm_type}
    made: Json = {"_type": rm_type, "name": name, "archetype_node_id": node_id or "at0000"}
    if node_id and node_id.startswith("openEHR-"):
        archetype_id = {"_type": "ARCHETYPE_ID", "value": node_id}
        made["archetype_details"] = {
            "_type": "ARCHETYPED",
            "archetype_id": archetype_id,
            "rm_version": _RM_VERSION,
        }
    return made


def _put(parent: Json, step: Step, made: Any) -> Any:
    if step.attribute in _MANY:
        parent.setdefault(step.attribute, []).append(made)
    else:
        parent[step.attribute] = made
    return made


def _between(parent: str, attribute: str) -> str:
    if attribute == "events":
        return "POINT_EVENT"
    if parent == "OBSERVATION" and attribute in ("data", "state"):
        return "HISTORY"
    return {"item": "ELEMENT", "items": "CLUSTER", "rows": "CLUSTER"}.get(attribute, "ITEM_TREE")


def _completed(made: Json) -> Json:
    """What follows from the rest: origin of a history, kind of an event and of a structure."""
    for each in [made, *_within(made)]:
        if each["_type"] == "POINT_EVENT" and "width" in each:
            each["_type"] = "INTERVAL_EVENT"
        if each["_type"] == "ITEM_TREE" and "item" in each:
            each["_type"] = "ITEM_SINGLE"
        if each["_type"] == "HISTORY" and each.get("events"):
            each["origin"] = min((event["time"] for event in each["events"]), key=lambda time: time["value"])
    return made


def _within(made: Json) -> list[Json]:
    """Structures beneath one, that are no instances of their own."""
    found = []
    for attribute in ("data", "state", "events"):
        inner = made.get(attribute, [])
        for each in inner if isinstance(inner, list) else [inner]:
            found += [each, *_within(each)]
    structures = [made.get(attribute) for attribute in ("protocol", "description", "other_context")]
    return [*found, *(each for each in structures if each)]
