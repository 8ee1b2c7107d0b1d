"""Shapes of compositions, entries, events, clusters: the attributes that a template does not name."""

from typing import Final

from openward_openehr.simplified.shape import Attribute, Kind, Shape, Suffix

_LOCATABLE: Final = {
    "_uid": Attribute("STRING"),
    "_name": Attribute("NAME"),
    "_link": Attribute("LINK", repeats=True),
    "_feeder_audit": Attribute("FEEDER_AUDIT"),
}
_ENTRY: Final = {
    **_LOCATABLE,
    "_provider": Attribute("PARTY_PROXY"),
    "_other_participation": Attribute("PARTICIPATION", repeats=True),
    "_work_flow_id": Attribute("OBJECT_REF"),
    "subject": Attribute("PARTY_PROXY"),
    "language": Attribute("CODE_PHRASE"),
    "encoding": Attribute("CODE_PHRASE"),
}
_CARE_ENTRY: Final = {**_ENTRY, "_guideline_id": Attribute("OBJECT_REF")}
_EVENT: Final = {**_LOCATABLE, "time": Attribute("DV_DATE_TIME")}
_INTERVAL: Final = {**_EVENT, "width": Attribute("DV_DURATION"), "math_function": Attribute("MATH_FUNCTION")}
_SAMPLES: Final[dict[str | None, Suffix]] = {"sample_count": Suffix(Kind.INTEGER)}

STRUCTURES: Final[dict[str, Shape]] = {
    "COMPOSITION": Shape(
        attributes={
            **_LOCATABLE,
            "language": Attribute("CODE_PHRASE"),
            "territory": Attribute("CODE_PHRASE"),
            "category": Attribute("DV_CODED_TEXT"),
            "composer": Attribute("PARTY_PROXY"),
            "context": Attribute("EVENT_CONTEXT"),
        }
    ),
    "EVENT_CONTEXT": Shape(
        attributes={
            "start_time": Attribute("DV_DATE_TIME"),
            "setting": Attribute("DV_CODED_TEXT"),
            "_end_time": Attribute("DV_DATE_TIME"),
            "_location": Attribute("STRING"),
            "_health_care_facility": Attribute("PARTY_IDENTIFIED"),
            "_participation": Attribute("PARTICIPATION", repeats=True),
        }
    ),
    "SECTION": Shape(attributes=_LOCATABLE),
    "CLUSTER": Shape(attributes=_LOCATABLE),
    "ELEMENT": Shape(
        attributes={
            **_LOCATABLE,
            "_null_flavour": Attribute("NULL_FLAVOUR"),
            "_null_reason": Attribute("NAME"),
        }
    ),
    "OBSERVATION": Shape(attributes={**_CARE_ENTRY, "history_origin": Attribute("DV_DATE_TIME")}),
    "EVALUATION": Shape(attributes=_CARE_ENTRY),
    "INSTRUCTION": Shape(
        attributes={
            **_CARE_ENTRY,
            "_wf_definition": Attribute("DV_PARSABLE"),
            "narrative": Attribute("NAME"),
        }
    ),
    "ACTION": Shape(
        attributes={
            **_CARE_ENTRY,
            "_instruction_details": Attribute("INSTRUCTION_DETAILS"),
            "time": Attribute("DV_DATE_TIME"),
            "ism_transition": Attribute("ISM_TRANSITION"),
        }
    ),
    "ACTIVITY": Shape(
        attributes={
            **_LOCATABLE,
            "action_archetype_id": Attribute("STRING"),
            "timing": Attribute("DV_PARSABLE"),
        }
    ),
    "ADMIN_ENTRY": Shape(attributes=_ENTRY),
    "POINT_EVENT": Shape(attributes=_EVENT),
    "INTERVAL_EVENT": Shape(_SAMPLES, _INTERVAL),
    "EVENT": Shape(_SAMPLES, _INTERVAL),
}
