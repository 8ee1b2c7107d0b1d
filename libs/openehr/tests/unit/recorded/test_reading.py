"""Entries and values of compositions, each kind of them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from openward_openehr.recorded.model import Code, Recorded, Value
from openward_openehr.recorded.reading import read

NOON = datetime(2025, 2, 24, 12, tzinfo=UTC)


def named(rm_type: str, node_id: str, name: str, **attributes: Any) -> dict[str, Any]:
    return {
        "_type": rm_type,
        "archetype_node_id": node_id,
        "name": {"_type": "DV_TEXT", "value": name},
        **attributes,
    }


def text(value: str) -> dict[str, Any]:
    return {"_type": "DV_TEXT", "value": value}


def element(node_id: str, name: str, value: Any = None, **attributes: Any) -> dict[str, Any]:
    return named("ELEMENT", node_id, name, value=value or text(name), **attributes)


def tree(*items: Any) -> dict[str, Any]:
    return named("ITEM_TREE", "at0003", "Tree", items=list(items))


def when(value: str) -> dict[str, Any]:
    return {"_type": "DV_DATE_TIME", "value": value}


def event(time: str, *items: Any, rm_type: str = "POINT_EVENT", **attributes: Any) -> dict[str, Any]:
    return named(rm_type, "at0006", "Any event", time=when(time), data=tree(*items), **attributes)


def observation(*events: Any, **attributes: Any) -> dict[str, Any]:
    history = named("HISTORY", "at0001", "History", origin=when("2025-02-24T12:00:00Z"), events=list(events))
    return named("OBSERVATION", "openEHR-EHR-OBSERVATION.pulse.v2", "Pulse", data=history, **attributes)


def evaluation(*items: Any, **attributes: Any) -> dict[str, Any]:
    return named("EVALUATION", "openEHR-EHR-EVALUATION.note.v1", "Note", data=tree(*items), **attributes)


def recorded(*content: Any, **attributes: Any) -> Recorded:
    archetype_id = "openEHR-EHR-COMPOSITION.encounter.v1"
    return read(named("COMPOSITION", archetype_id, "Visit", content=list(content), **attributes))


def values(*content: Any) -> tuple[Value, ...]:
    return tuple(value for entry in recorded(*content).entries for value in entry.values)


def test_the_head_of_a_composition_is_told() -> None:
    told = recorded(
        archetype_details={
            "archetype_id": {"value": "openEHR-EHR-COMPOSITION.encounter.v1"},
            "template_id": {"value": "visit.v1"},
        },
        language={"terminology_id": {"value": "ISO_639-1"}, "code_string": "de"},
        category={"value": "Ereignis", "defining_code": {"code_string": "433"}},
        composer={"_type": "PARTY_IDENTIFIED", "name": "A. Nurse"},
        context={"start_time": when("2025-02-24T12:00:00Z"), "end_time": when("2025-02-24T14:00:00+02:00")},
    )
    assert told == Recorded(
        template_id="visit.v1",
        archetype_id="openEHR-EHR-COMPOSITION.encounter.v1",
        name="Visit",
        language="de",
        category="event",
        composer="A. Nurse",
        entries=(),
        started_at=NOON,
        ended_at=NOON,
    )


def test_entries_are_numbered_in_document_order_with_the_sections_they_are_in() -> None:
    inner = named("SECTION", "at0001", "Inner", items=[evaluation()])
    outer = named("SECTION", "openEHR-EHR-SECTION.adhoc.v1", "Outer", items=[inner, observation()])
    told = recorded(evaluation(), outer, context={"other_context": tree(element("at0002", "Ward"))})
    assert [(each.position, each.rm_type, each.sections) for each in told.entries] == [
        (0, "EVENT_CONTEXT", ()),
        (1, "EVALUATION", ()),
        (2, "EVALUATION", ("Outer", "Inner")),
        (3, "OBSERVATION", ("Outer",)),
    ]
    assert told.entries[2].path == (
        "/content[openEHR-EHR-SECTION.adhoc.v1]/items[at0001]/items[openEHR-EHR-EVALUATION.note.v1]"
    )


def test_other_context_is_of_the_composition_and_its_archetype() -> None:
    (entry,) = recorded(context={"other_context": tree(element("at0002", "Ward"))}).entries
    assert (entry.archetype_id, entry.path) == ("openEHR-EHR-COMPOSITION.encounter.v1", "/context")
    (value,) = entry.values
    assert value.node == "/context/other_context[at0003]/items[at0002]/value"
    assert value.path == "/other_context[at0003]/items[at0002]/value"


def test_values_of_events_have_their_times_and_the_observation_that_of_the_latest() -> None:
    later, earlier = "2025-02-24T14:00:00+01:00", "2025-02-24T12:00:00Z"
    (entry,) = recorded(
        observation(event(later, element("at0004", "Rate")), event(earlier, element("at0004", "Rate")))
    ).entries
    assert [each.time for each in entry.values] == [NOON + timedelta(hours=1), NOON]
    assert entry.time == datetime(2025, 2, 24, 14, tzinfo=timezone(timedelta(hours=1)))


def test_interval_events_tell_their_width_and_function() -> None:
    width = {"_type": "DV_DURATION", "value": "PT1H30M"}
    told = values(
        observation(event("2025-02-24", rm_type="INTERVAL_EVENT", width=width, math_function=text("mean")))
    )
    assert [(each.names, each.text) for each in told] == [
        (("Any event", "width"), "1 h 30 min"),
        (("Any event", "math function"), "mean"),
    ]


def test_state_and_protocol_follow_the_data() -> None:
    state = named("ITEM_LIST", "at0007", "State", items=[element("at0008", "Position")])
    told = values(
        observation(
            event("2025-02-24", element("at0004", "Rate"), state=state),
            protocol=tree(element("at0012", "Device")),
        )
    )
    assert [each.names for each in told] == [("Any event", "Rate"), ("Any event", "Position"), ("Device",)]


def test_instructions_tell_their_narrative_and_each_activity_with_its_timing() -> None:
    timing = {"_type": "DV_PARSABLE", "value": "R4/PT6H", "formalism": "timing"}
    activity = named(
        "ACTIVITY", "at0001", "Order", timing=timing, description=tree(element("at0002", "Drug"))
    )
    told = values(
        named(
            "INSTRUCTION",
            "openEHR-EHR-INSTRUCTION.medication_order.v3",
            "Order",
            narrative=text("Four times a day"),
            expiry_time=when("2025-03-01T00:00:00Z"),
            activities=[activity],
        )
    )
    assert [(each.node, each.names, each.text) for each in told] == [
        ("/narrative", ("narrative",), "Four times a day"),
        ("/expiry_time", ("expiry time",), "2025-03-01 00:00:00Z"),
        ("/activities[at0001]/timing", ("Order", "timing"), "R4/PT6H"),
        ("/activities[at0001]/description[at0003]/items[at0002]/value", ("Order", "Drug"), "Drug"),
    ]


def test_actions_tell_their_step_and_its_time() -> None:
    code = {"terminology_id": {"value": "openehr"}, "code_string": "245"}
    state = {"_type": "DV_CODED_TEXT", "value": "active", "defining_code": code}
    (entry,) = recorded(
        named(
            "ACTION",
            "openEHR-EHR-ACTION.medication.v1",
            "Administration",
            time=when("2025-02-24T12:00:00Z"),
            ism_transition={
                "_type": "ISM_TRANSITION",
                "current_state": state,
                "reason": [text("a"), text("b")],
            },
            description=tree(element("at0020", "Drug")),
        )
    ).entries
    assert entry.time == NOON
    assert [each.path for each in entry.values] == [
        "/ism_transition/current_state",
        "/ism_transition/reason[1]",
        "/ism_transition/reason[2]",
        "/description[at0003]/items[at0020]/value",
    ]
    assert entry.values[0].codes == (Code("openehr", "245", "active"),)


def test_admin_and_generic_entries_singles_and_tables_are_told() -> None:
    single = named("ITEM_SINGLE", "at0001", "Single", item=element("at0002", "Alone"))
    row = named("CLUSTER", "at0004", "Row", items=[element("at0005", "Cell")])
    table = named("ITEM_TABLE", "at0003", "Table", rows=[row])
    told = values(
        named("ADMIN_ENTRY", "openEHR-EHR-ADMIN_ENTRY.admission.v1", "Admission", data=single),
        named("GENERIC_ENTRY", "openEHR-EHR-GENERIC_ENTRY.x.v1", "Generic", data=table),
    )
    assert [each.node for each in told] == [
        "/data[at0001]/item[at0002]/value",
        "/data[at0003]/rows[at0004]/items[at0005]/value",
    ]


def test_nested_archetypes_are_named_by_their_ids() -> None:
    device = named("CLUSTER", "openEHR-EHR-CLUSTER.device.v1", "Device", items=[element("at0001", "Name")])
    (value,) = values(evaluation(device))
    assert value.node == "/data[at0003]/items[openEHR-EHR-CLUSTER.device.v1]/items[at0001]/value"


def test_siblings_are_told_apart_by_name_and_then_by_place() -> None:
    told = values(
        evaluation(
            element("at0001", "One's"),
            element("at0002", "Same"),
            element("at0001", "Two"),
            element("at0002", "Same"),
        )
    )
    assert [each.path.removeprefix("/data[at0003]/items") for each in told] == [
        "[at0001 and name/value='One\\'s']/value",
        "[at0002,2]/value",
        "[at0001 and name/value='Two']/value",
        "[at0002,4]/value",
    ]
    assert len({each.node for each in told}) == 2


def test_a_missing_value_says_why() -> None:
    code = {"terminology_id": {"value": "openehr"}, "code_string": "272"}
    flavour = {"_type": "DV_CODED_TEXT", "value": "masked", "defining_code": code}
    (value,) = values(
        evaluation(named("ELEMENT", "at0001", "HIV", null_flavour=flavour, null_reason=text("law")))
    )
    assert (value.rm_type, value.text) == ("ELEMENT", "masked (law)")
    assert value.null_flavour == Code("openehr", "272", "masked")
    assert (value.node[-6:], value.path[-13:]) == ("/value", "/null_flavour")


def test_a_subject_other_than_the_patient_is_told_first() -> None:
    relationship = {"_type": "DV_CODED_TEXT", "value": "mother", "defining_code": {"code_string": "10"}}
    told = values(
        evaluation(
            element("at0001", "Diagnosis"),
            subject={"_type": "PARTY_RELATED", "relationship": relationship},
        )
    )
    assert [(each.node, each.text) for each in told] == [
        ("/subject/relationship", "mother"),
        ("/data[at0003]/items[at0001]/value", "Diagnosis"),
    ]
