"""What of the openEHR reference model (1.0.4) examples need: values in canonical JSON, openEHR's own terms.

Source: openEHR RM 1.0.4 (data types, EHR, common), openEHR terminology.
"""

from typing import Any, Final

Json = dict[str, Any]

#: Classes that hold other nodes; every other is a value.
STRUCTURES: Final = frozenset(
    {
        "COMPOSITION",
        "EVENT_CONTEXT",
        "SECTION",
        "OBSERVATION",
        "EVALUATION",
        "INSTRUCTION",
        "ACTION",
        "ADMIN_ENTRY",
        "GENERIC_ENTRY",
        "ACTIVITY",
        "ISM_TRANSITION",
        "HISTORY",
        "EVENT",
        "POINT_EVENT",
        "INTERVAL_EVENT",
        "ITEM_TREE",
        "ITEM_LIST",
        "ITEM_SINGLE",
        "ITEM_TABLE",
        "CLUSTER",
        "ELEMENT",
    }
)
EVENTS: Final = frozenset({"EVENT", "POINT_EVENT", "INTERVAL_EVENT"})
#: Where the content of an entry is; each of them has to have it.
CONTENT: Final = {
    "OBSERVATION": "data",
    "EVALUATION": "data",
    "ADMIN_ENTRY": "data",
    "ACTION": "description",
    "ACTIVITY": "description",
    "EVENT": "data",
    "POINT_EVENT": "data",
    "INTERVAL_EVENT": "data",
    "CLUSTER": "items",
    "SECTION": "items",
    "ELEMENT": "value",
}

SETTINGS: Final = (("228", "primary medical care"), ("225", "home"), ("232", "secondary medical care"))
MATH_FUNCTIONS: Final = (("146", "mean"), ("144", "maximum"), ("145", "minimum"))
NULL_FLAVOURS: Final = (("253", "unknown"), ("271", "no information"))
CATEGORIES: Final = (("433", "event"),)
PARTICIPATION_FUNCTIONS: Final = (("253", "unknown"),)
#: States of the instruction state machine, and a transition that leads to each.
STATES: Final = {
    "524": "initial",
    "526": "planned",
    "527": "postponed",
    "528": "cancelled",
    "529": "scheduled",
    "245": "active",
    "530": "suspended",
    "531": "aborted",
    "532": "completed",
    "533": "expired",
}
TRANSITIONS: Final = {
    "526": ("535", "initiate"),
    "527": ("537", "postpone"),
    "528": ("166", "cancel"),
    "529": ("539", "schedule"),
    "245": ("540", "start"),
    "530": ("544", "suspend"),
    "531": ("547", "abort"),
    "532": ("548", "finish"),
    "533": ("549", "time out"),
}


def text(value: str) -> Json:
    return {"_type": "DV_TEXT", "value": value}


def code_phrase(code: str, terminology: str) -> Json:
    terminology_id = {"_type": "TERMINOLOGY_ID", "value": terminology}
    return {"_type": "CODE_PHRASE", "terminology_id": terminology_id, "code_string": code}


def coded_text(value: str, code: str, terminology: str) -> Json:
    return {"_type": "DV_CODED_TEXT", "value": value, "defining_code": code_phrase(code, terminology)}


def of_value(rm_type: str, value: object) -> Json:
    """A data type whose value is all it has, such as DV_DATE."""
    return {"_type": rm_type, "value": value}


def type_of(rm_type: str) -> str:
    """`DV_INTERVAL<DV_COUNT>` gives `DV_INTERVAL`; EHRbase leaves spaces from OPTs at the end of some."""
    return rm_type.partition("<")[0].strip()
