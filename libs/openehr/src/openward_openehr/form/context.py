"""What a composition needs beside what is recorded: given once by `ctx/…`, or filled by the repository.

Source: openEHR Simplified Formats, context; the keys are those that EHRbase's SDK 2.28 reads.
"""

from collections.abc import Mapping
from typing import Final

from openward_openehr.web_template.model import Node

#: By the type of the parent (`ENTRY`: any entry, `EVENT`: any event) and the attribute.
_KEYS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("COMPOSITION", "language"): ("ctx/language",),
    ("COMPOSITION", "territory"): ("ctx/territory",),
    ("COMPOSITION", "composer"): (
        "ctx/composer_name",
        "ctx/composer_id",
        "ctx/id_scheme",
        "ctx/id_namespace",
        "ctx/composer_self",
    ),
    ("EVENT_CONTEXT", "start_time"): ("ctx/time",),
    ("EVENT_CONTEXT", "setting"): ("ctx/setting",),
    ("EVENT", "time"): ("ctx/time",),
    ("ENTRY", "language"): ("ctx/language",),
    ("ACTION", "time"): ("ctx/action_time", "ctx/time"),
    ("ISM_TRANSITION", "current_state"): ("ctx/action_ism_transition_current_state",),
    ("INSTRUCTION", "narrative"): ("ctx/instruction_narrative",),
    ("ACTIVITY", "timing"): ("ctx/activity_timing",),
}
_ENTRIES: Final = frozenset(
    {"ACTION", "ADMIN_ENTRY", "EVALUATION", "GENERIC_ENTRY", "INSTRUCTION", "OBSERVATION"}
)
EVENTS: Final = frozenset({"EVENT", "INTERVAL_EVENT", "POINT_EVENT"})

_EVENT_CONTEXT: Final = ("_end_time", "_health_care_facility", "_location", "_participation")
_ENTRY: Final = ("_feeder_audit", "_link", "_other_participation", "_provider", "_work_flow_id")
_ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "COMPOSITION": ("_feeder_audit", "_link", "_uid"),
    "EVENT_CONTEXT": _EVENT_CONTEXT,
    "ADMIN_ENTRY": _ENTRY,
    "EVALUATION": (*_ENTRY, "_guideline_id"),
    "OBSERVATION": (*_ENTRY, "_guideline_id"),
    "INSTRUCTION": (*_ENTRY, "_guideline_id", "_wf_definition"),
    "ACTION": (*_ENTRY, "_guideline_id", "_instruction_details"),
}


def ctx_keys(node: Node, parent: Node) -> tuple[str, ...]:
    """Empty where nothing gives it for the whole composition."""
    attribute = attribute_of(node)
    holders = [parent.rm_type]
    if parent.rm_type in _ENTRIES:
        holders.append("ENTRY")
    if attribute == "time":  # of an event, even where FLAT leaves the only event of an observation out
        holders.append("EVENT")
    return next((_KEYS[key] for holder in holders if (key := (holder, attribute)) in _KEYS), ())


def flat_attributes(node: Node) -> tuple[str, ...]:
    return _ATTRIBUTES.get(node.rm_type, ())


def attribute_of(node: Node) -> str:
    """The attribute of the reference model that holds it: the end of its path."""
    return node.aql_path.rpartition("/")[2].partition("[")[0]


def is_context(node: Node) -> bool:
    return bool(node.in_context) or is_dispensable(node)


def is_dispensable(node: Node) -> bool:
    """What may be left out, whatever web templates say: `instruction_details` of an action are optional."""
    return "/instruction_details/" in node.aql_path or not is_writable(node)


def is_writable(node: Node) -> bool:
    """The offset of an event follows from its time; participations have an attribute (`_participation`)."""
    return attribute_of(node) != "offset" and "/participations/" not in node.aql_path
