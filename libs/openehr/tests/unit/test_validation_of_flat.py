"""Places of a FLAT composition: those that are not in the template, too many, missing; and `ctx`."""

from typing import Any

import pytest
from openward_cli.demo import vital_signs
from openward_openehr import web_template
from openward_openehr.validation import Problem, Rule, compile, is_refused, validate  # noqa: A004  its name
from openward_testkit.web_templates import CONTEXT, ENTRY, ITEMS, composition, entry, node, value

OBSERVATION = "/content[openEHR-EHR-OBSERVATION.pulse.v1]"
EVENT = f"{OBSERVATION}/data[at0001]/events[at0002]"
TEMPLATE = entry(
    value("note", "DV_TEXT", at="at0002"),
    value("alias", "DV_TEXT", at="at0003", max=-1),
    value("pair", "DV_TEXT", at="at0004", max=2),
    node(
        "cluster",
        "CLUSTER",
        f"{ITEMS}[at0005]",
        node("must", "DV_TEXT", f"{ITEMS}[at0005]/items[at0006]/value", min=1),
        node("may", "DV_TEXT", f"{ITEMS}[at0005]/items[at0007]/value"),
        max=-1,
    ),
    node("cluster2", "CLUSTER", f"{ITEMS}[at0008]", node("other", "DV_TEXT", f"{ITEMS}[at0008]/x/value")),
    node("protocol_text", "DV_TEXT", f"{ENTRY}/protocol[at0020]/items[at0021]/value", min=1),
    node("protocol_more", "DV_TEXT", f"{ENTRY}/protocol[at0020]/items[at0022]/value"),
    max=-1,
)
PULSE = composition(
    node(
        "pulse",
        "OBSERVATION",
        OBSERVATION,
        node(
            "any_event",
            "EVENT",
            EVENT,
            node("rate", "DV_COUNT", f"{EVENT}/data[at0003]/items[at0004]/value", min=1),
            node("posture", "DV_TEXT", f"{EVENT}/state[at0005]/items[at0006]/value", min=1),
            node("time", "DV_DATE_TIME", f"{EVENT}/time", min=1),
            max=-1,
        ),
        nodeId="openEHR-EHR-OBSERVATION.pulse.v1",
        min=1,
    )
)


def problems(values: dict[str, Any]) -> list[Problem]:
    return validate(TEMPLATE, CONTEXT | {f"health/entry/{path}": each for path, each in values.items()})


def broken(values: dict[str, Any]) -> list[tuple[Rule, str]]:
    return [(each.rule, each.path.removeprefix("health/entry/")) for each in problems(values)]


@pytest.mark.parametrize(
    "values",
    [
        {"note": "a"},
        {"note:0": "a"},
        {"alias": "a", "alias:1": "b", "alias:7": "c"},
        {"cluster:0/must": "a", "cluster:1/must": "b", "cluster:1/may": "c"},
        {"note": "a", "_uid": "1", "_link:0|meaning": "a", "_link:0|type": "b", "_link:0|target": "ehr://1"},
        {"note": "a", "language|code": "en", "language|terminology": "ISO_639-1"},
        {"note": "a", "_other_participation:0|function": "a", "_other_participation:0|name": "b"},
        {"note|raw": '{"_type": "DV_TEXT", "value": "a"}'},
    ],
)
def test_places_of_the_template_have_no_problem(values: dict[str, Any]) -> None:
    assert broken(values) == []


@pytest.mark.parametrize(
    ("values", "rule", "path"),
    [
        ({"nots": "a", "note": "b"}, Rule.UNKNOWN_PATH, "nots"),
        ({"note": "a", "note/deeper": "b"}, Rule.UNKNOWN_PATH, "note/deeper"),
        ({"note": "a", "_uuid": "b"}, Rule.UNKNOWN_PATH, "_uuid"),
        ({"note": "a", "note:x": "b"}, Rule.MALFORMED_PATH, "note:x"),
        ({"note:1": "a"}, Rule.TOO_MANY, "note:1"),
        ({"pair": "a", "pair:1": "b", "pair:2": "c"}, Rule.TOO_MANY, "pair:2"),
        ({"cluster/may": "a"}, Rule.MISSING_REQUIRED, "cluster/must"),
        ({"note": "a", "protocol_more": "b"}, Rule.MISSING_REQUIRED, "protocol_text"),
        ({"cluster2/other": "a"}, Rule.UNREACHABLE_PATH, "cluster2"),
        ({"note|raw": 5}, Rule.WRONG_TYPE, "note|raw"),
        (
            {"note": "a", "_work_flow_id|id": "1"}
            | {"_work_flow_id|type": "X", "_work_flow_id|namespace": "n"},
            Rule.MISSING_SUFFIX,
            "_work_flow_id|id_scheme",
        ),
        (
            {"note": "a", "language|code": "xx", "language|terminology": "ISO_639-1"},
            Rule.UNKNOWN_CODE,
            "language|code",
        ),
    ],
)
def test_a_wrong_place_is_told(values: dict[str, Any], rule: Rule, path: str) -> None:
    assert broken(values) == [(rule, path)]


def test_a_structure_without_content_is_missing_it() -> None:
    assert [each.rule for each in problems({"_uid": "1"})] == [Rule.MISSING_REQUIRED]


def test_a_required_node_is_needed_once_its_structure_is_there() -> None:
    complete = {"health/pulse/any_event:0/rate": 60}
    assert validate(PULSE, CONTEXT | complete) == []
    (missing,) = validate(PULSE, CONTEXT | {"health/pulse/any_event:0/posture": "sitting"})
    assert (missing.rule, missing.path) == (Rule.MISSING_REQUIRED, "health/pulse/any_event:0/rate")


def test_what_the_composition_has_to_hold_is_missed() -> None:
    (missing,) = validate(PULSE, CONTEXT)
    assert (missing.rule, missing.path) == (Rule.MISSING_REQUIRED, "health/pulse")
    assert missing.expected == {"occurrences": {"min": 1, "max": 1}}


def test_an_event_over_an_interval_has_a_width_and_a_function() -> None:
    event = CONTEXT | {"health/pulse/any_event:0/rate": 60}
    function = {"health/pulse/any_event:0/math_function|code": "146"}
    function |= {"health/pulse/any_event:0/math_function|value": "mean"}
    function |= {"health/pulse/any_event:0/math_function|terminology": "openehr"}
    width = {"health/pulse/any_event:0/width": "PT1H"}
    assert validate(PULSE, event | function | width) == []
    assert [each.path for each in validate(PULSE, event | function)] == ["health/pulse/any_event:0/width"]
    assert [each.path for each in validate(PULSE, event | width)] == [
        "health/pulse/any_event:0/math_function"
    ]


def test_composer_and_territory_are_given_in_ctx_or_by_their_paths() -> None:
    note = {"health/entry/note": "a", "ctx/language": "en"}
    assert [each.path for each in validate(TEMPLATE, note)] == ["health/territory", "health/composer"]
    paths = {"health/territory|code": "CH", "health/territory|terminology": "ISO_3166-1"}
    assert validate(TEMPLATE, note | paths | {"health/composer|name": "somebody"}) == []


@pytest.mark.parametrize(
    ("path", "given", "rule"),
    [
        ("ctx/language", "xx", Rule.UNKNOWN_CODE),
        ("ctx/time", "tomorrow", Rule.WRONG_TYPE),
        ("ctx/setting", "elsewhere", Rule.UNKNOWN_CODE),
    ],
)
def test_ctx_is_checked_too(path: str, given: str, rule: Rule) -> None:
    found = validate(TEMPLATE, CONTEXT | {"health/entry/note": "a", path: given})
    assert [(each.rule, each.path) for each in found] == [(rule, path)]


def test_an_unknown_field_of_ctx_is_told_though_ehrbase_drops_it() -> None:
    (found,) = validate(TEMPLATE, CONTEXT | {"health/entry/note": "a", "ctx/teritory": "a"})
    assert found.did_you_mean == ("ctx/territory",)
    assert not is_refused([found])


def test_an_unknown_path_comes_with_those_that_are_close() -> None:
    (found,) = problems({"nots": "a", "note": "b"})
    assert found.did_you_mean == ("health/entry/note",)
    (suffix,) = problems({"note": "a", "note|formating": "b"})
    assert suffix.did_you_mean[0] == "health/entry/note|formatting"


def test_a_problem_has_the_label_of_its_node_in_all_languages() -> None:
    (found,) = problems({"note": ["a"]})
    assert found.label == "Note"
    assert found.labels == {"en": "note", "de": "note (de)"}
    assert found.aql_path == f"{ITEMS}[at0002]/value"
    assert (found.found, found.expected) == ("array", {"type": "text"})


def test_no_value_is_told() -> None:
    secret = "Rumpelstiltskin"
    told = repr(problems({"note": [secret], "note|code": secret, "alias": {secret: 1}}))
    assert secret not in told


def test_all_problems_are_told_at_once() -> None:
    found = broken({"note": ["a"], "pair:0": {}, "cluster/may": "a", "unknown": 1})
    assert {rule for rule, _ in found} == {Rule.WRONG_TYPE, Rule.MISSING_REQUIRED, Rule.UNKNOWN_PATH}


ACTION = "/content[openEHR-EHR-ACTION.medication.v1]"
STEPS = [
    {"value": "at0010", "label": "planned", "currentStates": ["526"]},
    {"value": "at0011", "label": "done", "currentStates": ["532"]},
]
STEP = {"suffix": "code", "type": "CODED_TEXT", "list": STEPS, "terminology": "local"}
MEDICATION = composition(
    node(
        "medication",
        "ACTION",
        ACTION,
        node("drug", "DV_TEXT", f"{ACTION}/description[at0001]/items[at0002]/value", min=1),
        node(
            "ism_transition",
            "ISM_TRANSITION",
            f"{ACTION}/ism_transition",
            node("careflow_step", "DV_CODED_TEXT", f"{ACTION}/ism_transition/careflow_step", inputs=[STEP]),
            node("current_state", "DV_CODED_TEXT", f"{ACTION}/ism_transition/current_state"),
            node("transition", "DV_CODED_TEXT", f"{ACTION}/ism_transition/transition"),
        ),
        nodeId="openEHR-EHR-ACTION.medication.v1",
    )
)


@pytest.mark.parametrize(
    ("step", "state", "transition", "wrong"),
    [
        ("at0011", ("532", "completed"), ("548", "finish"), 0),
        ("at0010", ("526", "planned"), ("535", "initiate"), 0),
        ("at0010", ("532", "completed"), ("548", "finish"), 1),
        ("at0011", ("532", "completed"), ("535", "initiate"), 1),
        ("at0010", ("532", "completed"), ("535", "initiate"), 2),
    ],
)
def test_a_transition_leads_to_its_state_and_a_step_is_in_one_of_its_states(
    step: str, state: tuple[str, str], transition: tuple[str, str], wrong: int
) -> None:
    place = "health/medication/ism_transition"
    action = {"health/medication/drug": "a", f"{place}/careflow_step|code": step}
    for name, (code, says) in (("current_state", state), ("transition", transition)):
        action |= {f"{place}/{name}|code": code, f"{place}/{name}|value": says}
        action |= {f"{place}/{name}|terminology": "openehr"}
    found = validate(MEDICATION, CONTEXT | action)
    assert [(each.rule, each.path) for each in found] == [(Rule.INCONSISTENT, place)] * wrong


def test_nodes_with_one_archetype_and_name_count_together() -> None:
    twin = [node(name, "CLUSTER", f"{ITEMS}[at0005]", nodeId="at0005") for name in ("finding", "finding2")]
    for each in twin:
        each["children"] = [node("text", "DV_TEXT", f"{ITEMS}[at0005]/items[at0006]/value")]
        each["name"] = "finding"
    flat = CONTEXT | {"health/entry/finding/text": "a"}
    assert validate(entry(*twin), flat) == []
    found = validate(entry(*twin), flat | {"health/entry/finding2/text": "b"})
    assert {each.rule for each in found} == {Rule.TOO_MANY}


def test_a_structure_that_only_the_full_tree_names_has_to_hold_something() -> None:
    opt = vital_signs.opt()
    compiled = compile(web_template.compile(opt), web_template.compile_full(opt))
    flat = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")
    without_state = {path: each for path, each in flat.items() if "/position" not in path}

    (only,) = validate(compiled, without_state)

    assert (only.rule, only.path, only.label) == (
        Rule.MISSING_REQUIRED,
        "vital_signs/blood_pressure/any_event:0",
        "State",
    )
    assert only.expected == {"content": "/state[at0007]"}
    assert validate(compiled, flat) == []
    assert validate(compile(web_template.compile(opt)), without_state) == []


def test_a_number_out_of_the_range_of_its_unit_is_told_once() -> None:
    opt = vital_signs.opt()
    compiled = compile(web_template.compile(opt))
    flat = vital_signs.flat(4711, 80, "2026-11-22T10:00:00Z", composer="Ada")

    assert [(each.rule, each.path) for each in validate(compiled, flat)] == [
        (Rule.OUT_OF_RANGE, "vital_signs/blood_pressure/any_event:0/systolic|magnitude")
    ]
