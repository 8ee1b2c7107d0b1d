"""Canonical JSON as XML of openEHR's schemas (namespace `http://schemas.openehr.org/v1`).

Source: openEHR XML schemas 1.0.2 (BaseTypes, Structure, Content, Composition): order of elements per class,
`xsi:type` where the schema declares an abstract class.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lxml import etree

NAMESPACE: Final = "http://schemas.openehr.org/v1"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_PREFIXES: Final[dict[Any, str]] = {None: NAMESPACE, "xsi": _INSTANCE}
_TYPE: Final = f"{{{_INSTANCE}}}type"
_LOCATABLE: Final = "name uid links archetype_details feeder_audit"
_ENTRY: Final = f"{_LOCATABLE} language encoding subject provider other_participations workflow_id"
_CARE_ENTRY: Final = f"{_ENTRY} protocol guideline_id"
_EVENT: Final = f"{_LOCATABLE} time data state"
_ORDERED: Final = "normal_range other_reference_ranges normal_status"
_AMOUNT: Final = f"{_ORDERED} magnitude_status accuracy accuracy_is_percent"
_TEMPORAL: Final = f"{_ORDERED} magnitude_status accuracy value"
_TEXT: Final = "value hyperlink formatting mappings language encoding"
#: Elements in the order of the schema; classes that are not here have theirs in that of the JSON.
_ORDER: Final = {
    rm_type: {name: place for place, name in enumerate(names.split())}
    for rm_type, names in {
        "ARCHETYPED": "archetype_id template_id rm_version",
        "COMPOSITION": f"{_LOCATABLE} language territory category composer context content",
        "EVENT_CONTEXT": "start_time end_time location setting other_context health_care_facility "
        "participations",
        "SECTION": f"{_LOCATABLE} items",
        "OBSERVATION": f"{_CARE_ENTRY} data state",
        "EVALUATION": f"{_CARE_ENTRY} data",
        "ADMIN_ENTRY": f"{_ENTRY} data",
        "INSTRUCTION": f"{_CARE_ENTRY} narrative expiry_time wf_definition activities",
        "ACTIVITY": f"{_LOCATABLE} description timing action_archetype_id",
        "ACTION": f"{_CARE_ENTRY} time description ism_transition instruction_details",
        "INSTRUCTION_DETAILS": "instruction_id activity_id wf_details",
        "LOCATABLE_REF": "id namespace type path",
        "ISM_TRANSITION": "current_state transition careflow_step reason",
        "HISTORY": f"{_LOCATABLE} origin period duration events summary",
        "POINT_EVENT": _EVENT,
        "INTERVAL_EVENT": f"{_EVENT} width sample_count math_function",
        "ITEM_TREE": f"{_LOCATABLE} items",
        "ITEM_LIST": f"{_LOCATABLE} items",
        "ITEM_SINGLE": f"{_LOCATABLE} item",
        "CLUSTER": f"{_LOCATABLE} items",
        "ELEMENT": f"{_LOCATABLE} null_flavour value null_reason",
        "PARTY_IDENTIFIED": "external_ref name identifiers",
        "DV_TEXT": _TEXT,
        "DV_CODED_TEXT": f"{_TEXT} defining_code",
        "CODE_PHRASE": "terminology_id code_string preferred_term",
        "DV_QUANTITY": f"{_AMOUNT} magnitude units precision",
        "DV_COUNT": f"{_AMOUNT} magnitude",
        "DV_PROPORTION": f"{_AMOUNT} numerator denominator type precision",
        "DV_ORDINAL": f"{_ORDERED} value symbol",
        "DV_DATE": _TEMPORAL,
        "DV_TIME": _TEMPORAL,
        "DV_DATE_TIME": _TEMPORAL,
        "DV_DURATION": f"{_AMOUNT} value",
        "DV_INTERVAL": "lower upper lower_included upper_included lower_unbounded upper_unbounded",
        "DV_MULTIMEDIA": "charset language alternate_text uri data media_type compression_algorithm "
        "integrity_check integrity_check_algorithm size thumbnail",
        "DV_PARSABLE": "charset language value formalism",
        "DV_IDENTIFIER": "issuer assigner id type",
        "DV_STATE": "value is_terminal",
    }.items()
}
#: Declared as an abstract class wherever they are, but for those of `_DECLARED`.
_ABSTRACT: Final = frozenset(
    {
        "composer",
        "content",
        "data",
        "description",
        "events",
        "items",
        "lower",
        "other_context",
        "protocol",
        "provider",
        "state",
        "subject",
        "upper",
    }
)
_DECLARED: Final = frozenset({"HISTORY"})


def xml(composition: Mapping[str, Any]) -> bytes:
    """UTF-8 with an XML declaration."""
    root = etree.Element(f"{{{NAMESPACE}}}composition", nsmap=_PREFIXES)
    _write(root, composition)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _write(element: Any, of: Mapping[str, Any]) -> None:
    if node_id := of.get("archetype_node_id"):
        element.set("archetype_node_id", node_id)
    for name, value in _elements(of):
        child = etree.SubElement(element, f"{{{NAMESPACE}}}{name}")
        if isinstance(value, Mapping):
            if _is_typed(of["_type"], name, value["_type"]):
                child.set(_TYPE, value["_type"])
            _write(child, value)
        else:
            child.text = str(value).lower() if isinstance(value, bool) else str(value)


def _elements(of: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    order = _ORDER.get(of["_type"], {})
    for name in sorted(of, key=lambda name: order.get(name, len(order))):
        if name not in ("_type", "archetype_node_id"):
            value = of[name]
            yield from ((name, each) for each in (value if isinstance(value, list) else [value]))


def _is_typed(parent: str, name: str, rm_type: str) -> bool:
    if name in _ABSTRACT or (parent, name) == ("ELEMENT", "value"):
        return rm_type not in _DECLARED
    if (parent, name) == ("LOCATABLE_REF", "id"):
        return True
    return name in ("name", "narrative") and rm_type != "DV_TEXT"
