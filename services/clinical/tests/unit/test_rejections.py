"""Messages as EHRbase 2.16 words them, with made-up values."""

from clinical.adapters.rejections import rejection

SYSTOLIC = (
    "/content[openEHR-EHR-OBSERVATION.blood_pressure.v2]/data[at0001]/events[at0006]/data[at0003]"
    "/items[at0004]/value"
)
TEMPERATURE = "/content[openEHR-EHR-OBSERVATION.body_temperature.v2]/data[at0002]/items[at0004]/value"


def places(message: str) -> list[tuple[str | None, str]]:
    return [(error.path, error.code) for error in rejection(message).errors]


def test_a_value_out_of_range_names_its_path_and_the_range_once() -> None:
    said = f"{SYSTOLIC}: The value 4711.0 must be at least 0 and at most 1,000"

    errors = rejection(f"{said}, {said}").errors

    assert [(e.path, e.code, e.detail) for e in errors] == [
        (SYSTOLIC, "range", "at least 0 and at most 1,000")
    ]


def test_every_violation_is_named() -> None:
    message = (
        f"{SYSTOLIC}: The value 4711.0 must be at least 0 and at most 1,000, "
        f'{TEMPERATURE}: The value "K" must be one of:\n -\t"Cel"\n -\t"[degF]"'
    )

    assert places(message) == [(SYSTOLIC, "range"), (TEMPERATURE, "choice")]


def test_a_path_with_positions_in_its_predicates_is_read_whole() -> None:
    path = "/content[openEHR-EHR-OBSERVATION.blood_pressure.v2, 1]/data[at0001]/items[at0008, 1]/value/value"

    assert places(f"{path}: Attribute value of class DV_CODED_TEXT does not match existence 1..1") == [
        (path, "existence")
    ]


def test_paths_that_nothing_consumed_are_named_as_they_were_sent() -> None:
    assert places("Could not consume Parts [vital_signs/a|b, vital_signs/c:0/d]") == [
        ("vital_signs/a|b", "unknown-path"),
        ("vital_signs/c:0/d", "unknown-path"),
    ]


def test_a_missing_attribute_is_named() -> None:
    assert places("Composition missing mandatory attribute: composer") == [("/composer", "required")]


def test_no_value_comes_through() -> None:
    messages = (
        f"{SYSTOLIC}: The value 4711.0 must be at least 0",
        f'{SYSTOLIC}: The value "SECRET" must be "mm[Hg]"',
        f"{SYSTOLIC}: RmObject with type:Element, nodeId:at0099,name:SECRET; not in template",
        f"{SYSTOLIC}: something new about SECRET and 4711",
        "Text 'SECRET' could not be parsed at index 0:SECRET",
        "SECRET 4711",
    )

    for message in messages:
        problem = rejection(message)
        said = f"{problem.detail} {problem.errors}"
        assert "SECRET" not in said
        assert "4711" not in said
