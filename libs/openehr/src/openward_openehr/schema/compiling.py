"""From a web template to the records that its simplified compositions are made of."""

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from openward_openehr.schema import describing, values
from openward_openehr.schema.model import ITSELF, Field, Model, Record
from openward_openehr.schema.reference_model import (
    CODED_OR_TEXT,
    CONTEXT,
    element_of,
    fields_of,
    shared_record,
    shared_records,
)
from openward_openehr.schema.terminology import coded_record
from openward_openehr.simplified import shape_of
from openward_openehr.web_template.model import UNBOUNDED, Node, WebTemplate

#: A step of an AQL path; what is in brackets may hold slashes.
_STEP: Final = re.compile(r"/([a-z_]+)(\[[^\]]*\])?")
#: A name from which an id comes that ends so, without any number for a second one.
_ENDS_IN_A_NUMBER: Final = re.compile(r"\d\W*$")
#: Structures between a node and its parent that a composition can be without.
_OPTIONAL_STEPS: Final = frozenset({"protocol", "state", "other_context", "summary"})
#: Those that are left out of web templates. What is beneath any other is read at paths of its own.
_LEFT_OUT: Final = _OPTIONAL_STEPS | {
    "data",
    "description",
    "items",
    "content",
    "activities",
    "events",
    "item",
    "rows",
}
#: Attributes that these types cannot be without, and what is beneath them without being of the content.
_CONTENT: Final = {
    **dict.fromkeys(("OBSERVATION", "EVALUATION", "ADMIN_ENTRY"), ("data",)),
    **dict.fromkeys(("EVENT", "POINT_EVENT", "INTERVAL_EVENT"), ("data",)),
    **dict.fromkeys(("ACTION", "ACTIVITY"), ("description",)),
}
_NOT_CONTENT: Final = frozenset({"time", "width", "math_function", "offset"})
#: Attributes of the reference model that are read at their own name although they may be left out.
_READ_WHEN_OPTIONAL: Final = frozenset({"timing", "expiry_time", "width", "math_function", "transition"})
#: They say what others say already: EHRbase refuses to be given them.
_COMPUTED: Final = frozenset({"offset"})
#: EHRbase fills them in.
_FILLED_IN: Final = frozenset(
    {
        "context",
        "language",
        "encoding",
        "subject",
        "time",
        "start_time",
        "setting",
        "action_archetype_id",
        "narrative",
    }
    | {"math_function", "current_state", "ism_transition", "category"}
)
_GIVEN_ONCE: Final = {
    "territory": ("territory",),
    "composer": ("composer_name", "composer_id", "composer_self"),
}
_PAIR: Final = ("math_function", "width")
_INTERVAL: Final = frozenset(_PAIR)
_EVENT_FIELDS: Final = ("|sample_count", "width", "math_function")


def compiled(template: WebTemplate, language: str | None = None) -> Model:
    """Labels are in `language` if the template has it, else in its default language."""
    spoken = describing.language_of(template.languages, template.default_language, language)
    root = _structure(template.tree, _Within(spoken))
    context = shared_record(CONTEXT)
    return Model(
        template_id=template.template_id,
        language=spoken,
        title=describing.label(template.tree, spoken),
        root_key=template.tree.id,
        root=root,
        context=context,
        shared=shared_records(_named_by(root) | _named_by(context)),
        given_once={key: once for key, once in _GIVEN_ONCE.items() if any(f.key == key for f in root.fields)},
    )


def _named_by(root: Record) -> set[str]:
    names = {each.base for each in root.walk() if each.base}
    return names | {field.of for each in root.walk() for field in each.fields if isinstance(field.of, str)}


@dataclass(frozen=True, slots=True)
class _Within:
    """What is known from above; `repeated`: it, or something above it, may be there several times."""

    language: str
    repeated: bool = False


def _structure(node: Node, within: _Within) -> Record:
    children: dict[str, Field] = {}
    for child in node.children:
        if _is_read(node, child):
            key = _key(node, child)
            children.setdefault(key, replace(_field(node, child, within), key=key))
    attributes = [each for each in _attributes(node) if each.key not in children and each.key != ITSELF]
    choice = node.rm_type == "ELEMENT" and children
    return Record(
        name=node.id,
        about=describing.about(node, within.language),
        fields=(*children.values(), *attributes),
        together=(*_interval(children, attributes), *_in_optional(node, children)),
        needs=((*children, "_null_flavour"),) if choice else _content_needed(node, children),
    )


_Together = tuple[tuple[str, ...], tuple[str, ...]]


def _interval(children: Mapping[str, Field], attributes: list[Field]) -> list[_Together]:
    """EHRbase takes an event for an interval that has a function; without one it refuses a width."""
    takes_intervals = any(each.key == "width" for each in attributes) and not _INTERVAL.intersection(children)
    return [(_PAIR, _PAIR)] if takes_intervals else []


def _in_optional(node: Node, children: Mapping[str, Field]) -> Iterator[_Together]:
    """What a structure needs that may be left out as a whole: a protocol, a state, another context."""
    for name in sorted(_OPTIONAL_STEPS):
        within = [child for child in node.children if name in _between(node, child)[:1]]
        keys = {key: child for child in within if (key := _key(node, child)) in children}
        needed = tuple(key for key, child in keys.items() if child.min > 0 and not _is_filled_in(child))
        if needed and len(keys) > 1:
            yield tuple(keys), needed


def _content_needed(node: Node, children: Mapping[str, Field]) -> tuple[tuple[str, ...], ...]:
    """EHRbase leaves out data without any item, and refuses an entry or event without data."""
    content = [
        key
        for child in node.children
        if (key := _key(node, child)) in children
        and (names := _steps_to(node, child))[0] in _CONTENT.get(node.rm_type, ())
        and names[-1] not in _NOT_CONTENT
    ]
    return (tuple(dict.fromkeys(content)),) if content else ()


def _key(parent: Node, node: Node) -> str:
    """EHRbase may number an id that nothing else beneath the parent has, and then reads it without."""
    plain = node.id.rstrip(string.digits)
    taken = any(each.id == plain for each in parent.children)
    is_numbered = plain != node.id and not _ENDS_IN_A_NUMBER.search(node.name)
    return plain if is_numbered and plain and not taken else node.id


def _attributes(node: Node) -> tuple[Field, ...]:
    rm_type = node.rm_type.strip()
    if _is_element(node):
        return (*fields_of("DV_INTERVAL"), *fields_of("ELEMENT"))
    if rm_type == "OBSERVATION" and any("/events[" in child.aql_path for child in node.children):
        event = [each for each in fields_of("INTERVAL_EVENT") if each.key in _EVENT_FIELDS]
        return (*fields_of(rm_type), *event)
    return fields_of(rm_type)


def _is_read(parent: Node, node: Node) -> bool:
    """EHRbase takes optional attributes of the reference model as `_name` only, and no references."""
    attribute = _last_step(node)
    if attribute in _COMPUTED:
        return False
    is_attribute = attribute == node.name and attribute not in _READ_WHEN_OPTIONAL
    if (node.min == 0 and is_attribute) or not _LEFT_OUT.issuperset(_between(parent, node)):
        return False
    return bool(node.children) or bool(shape_of(node.rm_type.strip()).suffixes or _is_known_structure(node))


def _is_known_structure(node: Node) -> bool:
    return bool(shape_of(node.rm_type.strip()).attributes)


def _last_step(node: Node) -> str | None:
    """The attribute that the node is, None if it has a node id or is an element's value."""
    steps = _STEP.findall(node.aql_path)
    return None if not steps or steps[-1][1] or steps[-1][0] == "value" else str(steps[-1][0])


def _is_element(node: Node) -> bool:
    return node.aql_path.endswith("/value") and node.rm_type.startswith("DV_")


def _field(parent: Node, node: Node, within: _Within) -> Field:
    beneath = replace(within, repeated=within.repeated or node.repeats)
    return Field(
        node.id,
        _record(parent, node, beneath),
        least=max(node.min, 1),
        most=None if node.max == UNBOUNDED else max(node.max, 1),
        required=node.min > 0 and not _is_filled_in(node) and not _may_be_without(parent, node),
    )


def _is_filled_in(node: Node) -> bool:
    return bool(node.in_context) or _last_step(node) in _FILLED_IN


def _may_be_without(parent: Node, node: Node) -> bool:
    return parent.rm_type == "ELEMENT" or not _OPTIONAL_STEPS.isdisjoint(_between(parent, node))


def _between(parent: Node, node: Node) -> list[str]:
    """Attributes on the way from one to the other, without the last that is the node's own."""
    names = _steps_to(parent, node)
    return names[:-2] if names[-1:] == ["value"] else names[:-1]


def _steps_to(parent: Node, node: Node) -> list[str]:
    return [name for name, _ in _STEP.findall(node.aql_path.removeprefix(parent.aql_path))]


def _base_type(node: Node, rm_type: str) -> str:
    if rm_type == "DV_CODED_TEXT" and any(each.suffix == "other" for each in node.inputs):
        return CODED_OR_TEXT
    has_codes = any(each.choices for each in node.inputs)
    return (None if has_codes else coded_record(_last_step(node) or "")) or rm_type


def _record(parent: Node, node: Node, within: _Within) -> Record:
    rm_type = node.rm_type.strip()
    if node.children and rm_type != "DV_MULTIMEDIA":
        return _structure(node, within)
    if shape_of(rm_type).suffixes and not rm_type.startswith("DV_INTERVAL"):
        is_element = _is_element(node) and parent.rm_type != "ELEMENT"
        base_type = _base_type(node, rm_type)
        base = shared_record(element_of(base_type) if is_element else base_type)
        record = values.narrowed(node, base, describing.about(node, within.language), within.language)
        return values.beneath_repeated(record, rm_type) if within.repeated else record
    return _structure(node, within)
