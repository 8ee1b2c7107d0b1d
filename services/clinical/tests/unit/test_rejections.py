"""Messages as EHRbase words them, with made-up values; kinds were found by breaking 1,800 compositions."""

import time
from typing import Any

import pytest
from clinical.adapters.rejections import rejection
from clinical.domain.objection import Place

SYSTOLIC = (
    "/content[openEHR-EHR-OBSERVATION.blood_pressure.v2]/data[at0001]/events[at0006]/data[at0003]"
    "/items[at0004]/value"
)
TEMPERATURE = "/content[openEHR-EHR-OBSERVATION.body_temperature.v2]/data[at0002]/items[at0004]/value"
_CHAIN = (
    '(through reference chain: com.nedap.archie.rm.composition.Composition["content"]->java.util.ArrayList[1]'
    '->com.nedap.archie.rm.composition.Observation["data"]->com.nedap.archie.rm.datastructures.History["events"]'
    '->java.util.ArrayList[0]->com.nedap.archie.rm.datastructures.PointEvent["time"])'
)
EVENT_TIME = "/content/1/data/events/0/time"


def told(message: str) -> list[tuple[Place, str, str]]:
    return [(each.place, each.path, each.rule) for each in rejection(message).said]


def expected(message: str) -> dict[str, Any]:
    (only,) = rejection(message).said
    return dict(only.expected)


@pytest.mark.parametrize(
    ("text", "rule", "right"),
    [
        (
            "The value 4711.0 must be at least 0 and at most 1,000",
            "out-of-range",
            {"min": "0", "max": "1,000"},
        ),
        ("The value -5 must be at least 0 and less than 46.0", "out-of-range", {"min": "0", "below": "46.0"}),
        ("The value 7 must be greater than 8", "out-of-range", {"above": "8"}),
    ],
)
def test_limits_of_the_template_are_told(text: str, rule: str, right: dict[str, str]) -> None:
    assert told(f"{SYSTOLIC}: {text}") == [(Place.AQL, SYSTOLIC, rule)]
    assert expected(f"{SYSTOLIC}: {text}") == {"range": right}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('The value "K" must be one of:\n -\t"Cel"\n -\t"[degF]"', "choice"),
        ('The value "K" must be "/min"', "choice"),
        ("Attribute value of class DV_TEXT does not match existence 1..1", "missing-required"),
        ("Attribute has 0 occurrences, but must be 1..1", "missing-required"),
        ("Attribute has 2 occurrences, but must be 0..1", "too-many"),
        ("Attribute has 3 occurrences, but must be 1", "too-many"),
        ("Attribute does not match cardinality 1..*", "cardinality"),
        ("Invariant Category_validity failed on type COMPOSITION", "inconsistent"),
        ("Exception NullPointerException invoking invariant Language_valid on ENTRY: null", "inconsistent"),
        ("CodePhrase codeString does not match any option, found: SECRET", "unknown-code"),
        ("CodePhrase terminology does not match, expected: local, found: SECRET", "wrong-terminology"),
        ("Dv_Coded_Text value does not match. found: SECRET expected: event", "wrong-rubric"),
        ("RmObject with type:Element, nodeId:at0099,name:SECRET; not in template", "not-in-template"),
        ("No valid transition found for ism transition[SECRET]", "inconsistent"),
        ("IsmTransition contains invalid current_state", "inconsistent"),
        ("Observation SECRET contains no results", "missing-required"),
        ("something new about SECRET", "refused"),
    ],
)
def test_each_kind_of_violation_has_a_rule(text: str, rule: str) -> None:
    assert told(f"{SYSTOLIC}: {text}") == [(Place.AQL, SYSTOLIC, rule)]


def test_every_violation_is_told_once() -> None:
    said = f"{SYSTOLIC}: The value 4711.0 must be at least 0"
    other = f'{TEMPERATURE}: The value "K" must be one of:\n -\t"Cel"\n -\t"[degF]"'

    assert told(f"{said}, {other}, {said}") == [
        (Place.AQL, SYSTOLIC, "out-of-range"),
        (Place.AQL, TEMPERATURE, "choice"),
    ]


def test_the_whole_composition_has_a_path_too() -> None:
    message = (
        "/: Invariant Language_valid failed on type COMPOSITION, /language: Attribute has 0 occurrences, "
    )

    assert told(f"{message}but must be 1..1") == [
        (Place.AQL, "/", "inconsistent"),
        (Place.AQL, "/language", "missing-required"),
    ]


def test_a_path_with_positions_in_its_predicates_is_read_whole() -> None:
    path = "/content[openEHR-EHR-OBSERVATION.blood_pressure.v2, 1]/data[at0001]/items[at0008, 1]/value/value"

    assert told(f"{path}: Attribute value of class DV_CODED_TEXT does not match existence 1..1") == [
        (Place.AQL, path, "missing-required")
    ]


def test_paths_that_nothing_consumed_are_those_that_were_sent() -> None:
    assert told("Could not consume Parts [vital_signs/a|b, vital_signs/c:0/d]") == [
        (Place.FLAT, "vital_signs/a|b", "unknown-path"),
        (Place.FLAT, "vital_signs/c:0/d", "unknown-path"),
    ]


def test_a_missing_attribute_is_named() -> None:
    assert told("Composition missing mandatory attribute: archetype details") == [
        (Place.AQL, "/archetype_details", "missing-required")
    ]


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("Text 'SECRET' could not be parsed at index 0:SECRET", "wrong-format"),
        (
            "Could not resolve type id 'SECRET' as a subtype of `com.nedap.archie.base.OpenEHRBase`",
            "wrong-type",
        ),
        (
            "Could not resolve subtype of [simple type, class Item]: missing type id property '_type'",
            "wrong-type",
        ),
        ("Cannot deserialize value of type `java.lang.String` from Array value", "wrong-type"),
        ("Cannot construct instance of `ArchetypeID`, problem: SECRET is not a valid id", "wrong-format"),
    ],
)
def test_what_json_cannot_be_read_as_is_at_a_pointer(sentence: str, rule: str) -> None:
    assert told(f"{sentence} {_CHAIN}") == [(Place.POINTER, EVENT_TIME, rule)]
    assert told(sentence) == [(Place.NOWHERE, "", rule)]


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        (
            "supplied value [SECRET] doesn't match code string:228 (language:en), expected:abort",
            "wrong-rubric",
        ),
        ('Error at index 1 in: "0SECRET"', "malformed-path"),
        ("SECRET 4711", "refused"),
        ("", "refused"),
    ],
)
def test_a_sentence_is_told_by_its_kind(sentence: str, rule: str) -> None:
    assert told(sentence) == [(Place.NOWHERE, "", rule)]


@pytest.mark.parametrize(
    "quoted", [", /a", ", /content[at0001, 1]", "Text '", "supplied value [", _CHAIN[:26]]
)
def test_a_message_that_is_made_to_be_searched_for_long_is_read_at_once(quoted: str) -> None:
    began = time.process_time()

    rejection(f"Something new: {quoted * 40_000}")

    assert time.process_time() - began < 2


def test_a_long_message_is_told_by_its_beginning_and_placed_by_its_end() -> None:
    long = "SECRET " * 10_000

    assert told(f"Text '{long}' could not be parsed") == [(Place.NOWHERE, "", "wrong-format")]
    assert told(f"Cannot construct instance of `Ada`: {long} {_CHAIN}") == [
        (Place.POINTER, EVENT_TIME, "wrong-format")
    ]
    assert told(f"{SYSTOLIC}: The value 9 must be at least 10, {TEMPERATURE}: {long}") == [
        (Place.AQL, SYSTOLIC, "out-of-range"),
        (Place.AQL, TEMPERATURE, "refused"),
    ]


def test_of_more_paths_than_are_read_none_is_told_by_half() -> None:
    sent = [f"vital_signs/a_path:{number}/that_is_long" for number in range(1000)]

    said = [path for _, path, _ in told(f"Could not consume Parts [{', '.join(sent)}]")]

    assert len(said) > 100
    assert said == sent[: len(said)]


@pytest.mark.parametrize(
    "value",
    [
        "see, /x SECRET: 4711",
        "see, /secret[at0001]: SECRET",
        "see, /content[SECRET]: 4711",
        "Could not consume Parts [SECRET]",
        "missing mandatory attribute: SECRET",
        '(through reference chain: a.B["SECRET"])',
    ],
)
def test_a_value_that_looks_like_a_path_is_none(value: str) -> None:
    message = f'{SYSTOLIC}: The value "{value}" must be one of:\n -\t"Cel"'

    assert told(message) == [(Place.AQL, SYSTOLIC, "choice")]
    assert told(f"Text '{value}' could not be parsed at index 0") == [(Place.NOWHERE, "", "wrong-format")]


def test_names_that_the_composition_gives_its_nodes_are_left_out() -> None:
    entry = "/content[openEHR-EHR-EVALUATION.problem_diagnosis.v1{}, 2]/data[at0001]"
    named = entry.format(" and name/value='SECRET, /x: 4711'")

    assert told(f"{named}: Attribute has 0 occurrences, but must be 1..1") == [
        (Place.AQL, entry.format(""), "missing-required")
    ]


def test_no_value_comes_through() -> None:
    messages = (
        f"{SYSTOLIC}: The value 4711.0 must be at least 0",
        f'{SYSTOLIC}: The value "SECRET" must be "mm[Hg]"',
        f'{SYSTOLIC}: The value "x" must be "SECRET" must be "mm[Hg]"',
        f"{SYSTOLIC}: RmObject with type:Element, nodeId:at0099,name:SECRET; not in template",
        f"{SYSTOLIC}: CodePhrase codeString does not match any option, found: SECRET",
        f"{SYSTOLIC}: something new about SECRET and 4711",
        "Text 'SECRET' could not be parsed at index 0:SECRET",
        "supplied value [SECRET] doesn't match code string:4711, expected:SECRET",
        "SECRET 4711",
    )

    for message in messages:
        said = str(rejection(message).said)
        assert "SECRET" not in said
        assert "4711" not in said
