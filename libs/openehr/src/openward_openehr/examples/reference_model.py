"""What of the openEHR reference model (1.0.4) examples need: values in canonical JSON, openEHR's terms.

Source: openEHR RM 1.0.4 (data types, EHR, common), openEHR terminology.
"""

from typing import Any, Final

from openward_openehr.reference_model import terminology

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

#: A transition that leads to each state of the instruction state machine, by codes.
TRANSITIONS: Final = {
    "526": "535",  # planned, by initiate
    "527": "537",  # postponed, by postpone
    "528": "166",  # cancelled, by cancel
    "529": "539",  # scheduled, by schedule
    "245": "540",  # active, by start
    "530": "544",  # suspended, by suspend
    "531": "547",  # aborted, by abort
    "532": "548",  # completed, by finish
    "533": "549",  # expired, by time out
}


def text(value: str) -> Json:
    return {"_type": "DV_TEXT", "value": value}


def code_phrase(code: str, terminology: str) -> Json:
    terminology_id = {"_type": "TERMINOLOGY_ID", "value": terminology}
    return {"_type": "CODE_PHRASE", "terminology_id": terminology_id, "code_string": code}


def coded_text(value: str, code: str, terminology: str) -> Json:
    return {"_type": "DV_CODED_TEXT", "value": value, "defining_code": code_phrase(code, terminology)}


def openehr_term(code: str) -> Json:
    """What openEHR's terminology says of it, in English. Raises KeyError for a code that is not of it."""
    says = terminology.rubric(code)
    if says is None:
        raise KeyError(code)
    return coded_text(says, code, "openehr")


def of_value(rm_type: str, value: object) -> Json:
    """A data type whose value is all it has, such as DV_DATE."""
    return {"_type": rm_type, "value": value}


def type_of(rm_type: str) -> str:
    """`DV_INTERVAL<DV_COUNT>` gives `DV_INTERVAL`; EHRbase leaves spaces from OPTs at the end of some."""
    return rm_type.partition("<")[0].strip()
