"""From the full tree to that of a web template: what only structures is left out, its children move up.

Source: how EHRbase's SDK (2.22) does it; ids follow from the order of these steps.
"""

from dataclasses import replace
from typing import Final

from openward_openehr.reference_model.types import is_a
from openward_openehr.web_template.compiler.draft import Draft, number_siblings
from openward_openehr.web_template.compiler.rm_attributes import is_hidden
from openward_openehr.web_template.model import Input

_STRUCTURES: Final = frozenset(
    ("HISTORY", "ITEM_TREE", "ITEM_LIST", "ITEM_SINGLE", "ITEM_TABLE", "ITEM_STRUCTURE")
)
_TEXT_OR_CODE: Final = frozenset(("coded_text_value", "text_value"))


def filtered(root: Draft) -> Draft:
    """Changes the tree."""
    found = _shown(root, None)
    return found[0] if found else root


def _shown(node: Draft, parent: Draft | None) -> list[Draft]:
    """The node, or the children that take its place."""
    _prepare(node)
    node.children = [each for child in node.children for each in _shown(child, node)]
    left_out = _is_left_out(node, parent)
    if left_out and node.rm_type == "ELEMENT":
        for child in node.children:
            child.min, child.max = node.min, node.max
    number_siblings(node)
    return node.children if left_out else [node]


def _prepare(node: Draft) -> None:
    transitions = [child for child in node.children if child.rm_type == "ISM_TRANSITION"]
    if transitions:
        node.children = [child for child in node.children if child.rm_type != "ISM_TRANSITION"]
        node.children.append(transitions[0])
    if node.rm_type == "ELEMENT":
        values = node.values()
        if len(values) == 1:
            values[0].base_id = node.id  # the element goes, its value stays
        elif {each.id for each in values} == _TEXT_OR_CODE and len(values) == 2 and _is_choice(node):
            node.children = [_text_or_code(node)]


def _is_choice(node: Draft) -> bool:
    """EHRbase takes a null flavour that must be given for an alternative of the value."""
    return node.has_choices() or any(child.path.attribute == "null_flavour" for child in node.values())


def _text_or_code(node: Draft) -> Draft:
    """One coded text whose list is open: `other` takes what is in no list."""
    coded = next(child for child in node.children if child.id == "coded_text_value")
    merged = Draft(node.id, node.name, "DV_CODED_TEXT", node.min, node.max, coded.path)
    merged.localized_name = node.localized_name
    merged.localized_names = node.localized_names
    merged.localized_descriptions = node.localized_descriptions
    merged.annotations = node.annotations
    merged.inputs = [*coded.inputs, Input("TEXT", "other")]
    at = next((at for at, each in enumerate(merged.inputs) if each.suffix == "code"), None)
    if at is not None:
        merged.inputs[at] = replace(merged.inputs[at], list_open=True)
    return merged


def _is_left_out(node: Draft, parent: Draft | None) -> bool:
    if node.is_slot or node.rm_type in _STRUCTURES:
        return True
    if node.rm_type == "ELEMENT" and len(node.children) == 1:
        return True
    if parent is None:
        return False
    if is_hidden(parent.rm_type, node.name, node.min):
        return True
    if is_a(node.rm_type, "EVENT"):
        return node.max == 1 and sum(is_a(each.rm_type, "EVENT") for each in parent.children) == 1
    return node.rm_type == "CODE_PHRASE" and parent.rm_type == "DV_CODED_TEXT"
