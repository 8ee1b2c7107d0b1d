"""Attributes of the reference model that have a node although the template is silent on them.

Source: how EHRbase's SDK (2.22) adds them and leaves most of them out again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from openward_openehr.reference_model.types import RmAttribute, RmType, is_a, rm_type
from openward_openehr.web_template.compiler.defaults import Defaults
from openward_openehr.web_template.compiler.draft import Draft, Step
from openward_openehr.web_template.compiler.type_inputs import add_type_inputs

#: Mandatory in the reference model, and yet in no web template.
_NEVER_SHOWN: Final = frozenset(
    (
        "name",
        "archetype_node_id",
        "origin",
        "media_type",
        "upper_included",
        "lower_included",
        "upper_unbounded",
        "lower_unbounded",
    )
)
#: Optional in the reference model, and yet in web templates.
_SHOWN: Final = frozenset(
    (
        ("ACTIVITY", "timing"),
        ("INSTRUCTION", "expiry_time"),
        ("ISM_TRANSITION", "transition"),
        ("COMPOSITION", "context"),
    )
)
_MANDATORY_HERE: Final = frozenset(("action_archetype_id", "math_function"))
_OF_ELEMENT: Final = frozenset(("name", "feeder_audit", "null_flavour"))
_CONTEXT: Final[Mapping[str, tuple[str, ...]]] = {
    "LOCATABLE": ("language",),
    "ACTION": ("time",),
    "ACTIVITY": ("timing", "action_archetype_id"),
    "INSTRUCTION": ("narrative",),
    "ISM_TRANSITION": ("current_state", "careflow_step", "transition"),
    "HISTORY": ("origin",),
    "EVENT": ("time",),
    "ENTRY": ("language", "provider", "other_participations", "subject", "encoding"),
    "EVENT_CONTEXT": (
        "start_time",
        "end_time",
        "location",
        "setting",
        "healthCareFacility",
        "participations",
    ),
    "COMPOSITION": ("language", "territory", "composer", "category"),
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """An attribute that comes to be a node, or whose own attributes do."""

    attribute: RmAttribute
    min: int
    inner: tuple["_Shown", ...]


def is_hidden(parent_type: str, name: str, minimum: int) -> bool:
    """A node of this name and `min` below such a parent is in no (filtered) web template."""
    parent = rm_type(parent_type)
    if parent and (parent.name, name) in _SHOWN:
        return False
    return name in _NEVER_SHOWN or (minimum == 0 and parent is not None and name in parent.attributes)


def is_in_context(parent_type: str, child_id: str) -> bool:
    """Its value can be given once for the whole composition (`ctx/…`)."""
    return child_id in _context_of(parent_type)


@cache
def _context_of(parent_type: str) -> frozenset[str]:
    of_ancestors = (ids for ancestor, ids in _CONTEXT.items() if is_a(parent_type, ancestor))
    return frozenset(id_ for ids in of_ancestors for id_ in ids)


def add_rm_attributes(node: Draft, defaults: Defaults) -> None:
    """Appends those for which the template has no node, whose id is another's."""
    if shown := _shown(node.rm_type):
        ids = {child.id for child in node.children}
        missing = (each for each in shown if each.attribute.name not in ids)
        node.children += [_draft(each, node.path, defaults) for each in missing]


def _draft(shown: _Shown, parent: Step, defaults: Defaults) -> Draft:
    attribute = shown.attribute
    path = parent.then(attribute.name)
    maximum = -1 if attribute.multiple else 1
    node = Draft(attribute.name, attribute.name, attribute.rm_type, shown.min, maximum, path)
    add_type_inputs(node, {}, defaults)
    node.children = [_draft(each, path, defaults) for each in shown.inner]
    return node


@cache
def _shown(type_name: str) -> Sequence[_Shown]:
    """Of this type; an attribute that is hidden gives what is shown of it to its parent."""
    owner = rm_type(type_name)
    if owner is None or not (owner.is_a("PATHABLE") or owner.is_a("DV_INTERVAL")):
        return ()
    found = []
    for attribute in owner.attributes.values():
        if _is_added(owner, attribute):
            minimum = 0 if attribute.optional and attribute.name not in _MANDATORY_HERE else 1
            inner = tuple(_shown(attribute.rm_type))
            if inner or not is_hidden(owner.name, attribute.name, minimum):
                found.append(_Shown(attribute, minimum, inner))
    return found


def _is_added(owner: RmType, attribute: RmAttribute) -> bool:
    name = attribute.name
    if attribute.computed or name == "value" or is_a(attribute.rm_type, "LOCATABLE"):
        return False
    if owner.is_a("EVENT") and name == "offset":
        return False
    if owner.is_a("DV_INTERVAL") and name == "interval":
        return False
    return not owner.is_a("ELEMENT") or name in _OF_ELEMENT
