"""Values of elements: any type, a choice of types, what they have of their element; names that are given."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from openward_openehr.web_template.compiler.defaults import Defaults
from openward_openehr.web_template.compiler.draft import Draft, Step
from openward_openehr.web_template.compiler.type_inputs import Given, add_type_inputs
from openward_openehr.web_template.model import Choice, Input

_ANY: Final = (
    "DV_TEXT",
    "DV_CODED_TEXT",
    "DV_MULTIMEDIA",
    "DV_PARSABLE",
    "DV_STATE",
    "DV_BOOLEAN",
    "DV_IDENTIFIER",
    "DV_URI",
    "DV_EHR_URI",
    "DV_DURATION",
    "DV_QUANTITY",
    "DV_COUNT",
    "DV_PROPORTION",
    "DV_DATE_TIME",
    "DV_TIME",
    "DV_ORDINAL",
    "DV_DATE",
)
_DATA_VALUE: Final = "DV_"


def complete_element(node: Draft, given: Given, defaults: Defaults) -> None:
    """An ELEMENT without a constraint of its value takes any; others give their values name and texts."""
    if not node.children:
        node.children = [_any_value(node, each, given, defaults) for each in _ANY]
        return
    for value in node.values():
        _name_after(node, value)
        value.node_id, value.annotations, value.name = node.node_id, node.annotations, node.name
        value.localized_name = node.localized_name
    values = node.values()  # an element that is called `name` has none any more
    if len(values) != 1 and not node.has_choices():
        for value in values:
            if _named_by_type(value):
                _name_after(node, value)


def name_by_type(node: Draft) -> None:
    """Children that are alternatives of each other are called after their types."""
    if node.has_choices():
        for child in node.choices():
            _named_by_type(child)


def _named_by_type(node: Draft) -> bool:
    if not node.rm_type.startswith(_DATA_VALUE):
        return False
    node.base_id = f"{node.rm_type.removeprefix(_DATA_VALUE).lower()}_value"
    return True


def _name_after(node: Draft, value: Draft) -> None:
    value.localized_descriptions = {**value.localized_descriptions, **node.localized_descriptions}
    value.localized_names = {**value.localized_names, **node.localized_names}


def _any_value(node: Draft, rm_type: str, given: Given, defaults: Defaults) -> Draft:
    value = Draft("", node.name, rm_type, 0, 1, node.path.then("value"))
    _named_by_type(value)
    value.in_context = True
    value.localized_name = node.localized_name
    value.localized_descriptions = node.localized_descriptions
    value.localized_names = node.localized_names
    add_type_inputs(value, given, defaults)
    return value


def push_code_up(node: Draft) -> None:
    """A DV_CODED_TEXT has the inputs of its code."""
    code = next(node.of_type("CODE_PHRASE"), None)
    node.inputs += code.inputs if code else [Input("TEXT", "value"), Input("TEXT", "code")]


def name_choices(named: Draft) -> Iterator[Choice]:
    """The names that the constraint of a name allows."""
    for each in named.inputs:
        if each.suffix in (None, "code"):
            yield from each.choices


def only_name(named: Draft, name: Choice | None, owner: Step) -> Draft:
    """The constraint of a name for a node that has just this one."""
    node = replace(named, path=owner.then("name"))
    if name:
        node.inputs = [_only(each, name) for each in named.inputs]
    node.children = [
        replace(child, path=node.path.then(child.path.attribute, child.path.code), inputs=list(node.inputs))
        if child.rm_type == "CODE_PHRASE"
        else child
        for child in named.children
    ]
    return node


def _only(each: Input, name: Choice) -> Input:
    if each.suffix not in (None, "code"):
        return each
    return replace(each, choices=tuple(choice for choice in each.choices if choice.label == name.label))
