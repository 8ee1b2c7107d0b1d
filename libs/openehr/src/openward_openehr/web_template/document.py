"""Web templates as JSON (simSDT 2.3): read from any that gives it, written as EHRbase writes it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from openward_openehr.web_template.model import (
    Cardinality,
    Choice,
    Input,
    Node,
    Range,
    TermBinding,
    Validation,
    WebTemplate,
)

Json = Mapping[str, Any]
_T = TypeVar("_T")

#: Those of a node that are the same in both, by their names here.
_NODE: Final = {
    "id": "id",
    "name": "name",
    "localized_name": "localizedName",
    "rm_type": "rmType",
    "node_id": "nodeId",
    "min": "min",
    "max": "max",
    "localized_names": "localizedNames",
    "localized_descriptions": "localizedDescriptions",
    "annotations": "annotations",
    "aql_path": "aqlPath",
    "in_context": "inContext",
}
_INPUT: Final = {
    "suffix": "suffix",
    "type": "type",
    "list_open": "listOpen",
    "terminology": "terminology",
    "default_value": "defaultValue",
}
_CHOICE: Final = {
    "value": "value",
    "label": "label",
    "localized_labels": "localizedLabels",
    "localized_descriptions": "localizedDescriptions",
    "ordinal": "ordinal",
}
_RANGE: Final = {"min": "min", "min_op": "minOp", "max": "max", "max_op": "maxOp"}


def read(document: Json) -> WebTemplate:
    """Raises KeyError where what every web template has is missing."""
    return WebTemplate(
        template_id=document["templateId"],
        default_language=document["defaultLanguage"],
        languages=tuple(document["languages"]),
        tree=_read_node(document["tree"]),
        version=document["version"],
    )


def write(template: WebTemplate) -> dict[str, Any]:
    """Without what is empty, as EHRbase does it."""
    return {
        "templateId": template.template_id,
        "version": template.version,
        "defaultLanguage": template.default_language,
        "languages": list(template.languages),
        "tree": _write_node(template.tree),
    }


def _read_node(node: Json) -> Node:
    bindings = {each: TermBinding(t["value"], t["terminologyId"]) for each, t in _of(node, "termBindings")}
    return Node(
        **_renamed(node, _NODE, {"aqlPath": ""}),
        is_slot=node.get("isSlot", False),
        term_bindings=bindings,
        depends_on=tuple(node.get("dependsOn", ())),
        proportion_types=tuple(node.get("proportionTypes", ())),
        cardinalities=_all(node, "cardinalities", _read_cardinality),
        inputs=_all(node, "inputs", _read_input),
        children=_all(node, "children", _read_node),
    )


def _read_cardinality(cardinality: Json) -> Cardinality:
    return Cardinality(cardinality.get("min"), cardinality.get("max"), tuple(cardinality.get("ids", ())))


def _read_input(each: Json) -> Input:
    choices = _all(each, "list", _read_choice)
    return Input(**_renamed(each, _INPUT), choices=choices, validation=_read_validation(each))


def _read_choice(choice: Json) -> Choice:
    states = tuple(choice.get("currentStates", ()))
    fields = _renamed(choice, _CHOICE, {"value": "", "label": ""})  # numbers, for one, have no labels
    return Choice(**fields, validation=_read_validation(choice), current_states=states)


def _read_validation(of: Json) -> Validation | None:
    if (validation := of.get("validation")) is None:
        return None
    ranges = {
        name: Range(**_renamed(bounds, _RANGE)) for name, bounds in validation.items() if name != "pattern"
    }
    return Validation(**ranges, pattern=validation.get("pattern"))


def _write_node(node: Node) -> dict[str, Any]:
    bindings = {
        name: {"value": term.value, "terminologyId": term.terminology_id}
        for name, term in node.term_bindings.items()
    }
    return _filled(
        {
            **_named(node, _NODE),
            "isSlot": node.is_slot or None,
            "termBindings": bindings,
            "dependsOn": list(node.depends_on),
            "proportionTypes": list(node.proportion_types),
            "cardinalities": [
                _filled({"min": c.min, "max": c.max, "ids": list(c.ids)}) for c in node.cardinalities
            ],
            "inputs": [_write_input(each) for each in node.inputs],
            "children": [_write_node(child) for child in node.children],
        }
    )


def _write_input(each: Input) -> dict[str, Any]:
    choices = [_write_choice(choice) for choice in each.choices]
    validation = _write_validation(each.validation)
    return _filled({**_named(each, _INPUT), "list": choices, "validation": validation})


def _write_choice(choice: Choice) -> dict[str, Any]:
    written = _named(choice, _CHOICE)
    states = list(choice.current_states)
    return _filled({**written, "validation": _write_validation(choice.validation), "currentStates": states})


def _write_validation(validation: Validation | None) -> dict[str, Any] | None:
    if validation is None:
        return None
    precision, bounds = (
        _named(each, _RANGE) if each else None for each in (validation.precision, validation.range)
    )
    return _filled({"precision": precision, "range": bounds, "pattern": validation.pattern})


def _renamed(of: Json, names: Mapping[str, str], missing: Json | None = None) -> dict[str, Any]:
    given = {**(missing or {}), **of}
    return {here: given[there] for here, there in names.items() if there in given}


def _named(value: object, names: Mapping[str, str]) -> dict[str, Any]:
    return _filled({there: getattr(value, here) for here, there in names.items()})


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if not (value is None or _is_empty(value))}


def _is_empty(value: object) -> bool:
    return isinstance(value, (str, Sequence, Mapping)) and not value


def _all(of: Json, name: str, read_one: Callable[[Json], _T]) -> tuple[_T, ...]:
    return tuple(read_one(each) for each in of.get(name, ()))


def _of(node: Json, name: str) -> list[tuple[str, Json]]:
    return list(node.get(name, {}).items())
