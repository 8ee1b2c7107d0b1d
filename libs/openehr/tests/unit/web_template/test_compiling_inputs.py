"""Fields of the nodes of a web template: their types, values, units, ranges, defaults."""

import pytest
from openward_openehr import web_template
from openward_openehr.web_template.model import Input, Node, Range, Validation
from openward_testkit import opts

TERMS: opts.Terms = {"at0004": "Rate", "at0010": "Regular", "at0011": ("Irregular", " ")}


def rate(*values: str, more: str = "", languages: tuple[str, ...] = ("en",)) -> Node:
    """The only element of a template, of these alternatives."""
    content = opts.observation(opts.element("at0004", *values), terms=TERMS)
    tree = web_template.compile(opts.composition(content, more=more, languages=languages)).tree
    return next(node for node in tree.walk() if node.id == "rate")


def inputs(value: str) -> list[Input]:
    return list(rate(value).inputs)


def unit(units: str, *limits: str) -> str:
    return f"<list>{''.join(limits)}<units>{units}</units></list>"


def of(rm_type: str, attribute: str, *parts: str, primitive: str) -> str:
    return opts.constraint(rm_type, opts.single(attribute, opts.primitive(primitive, *parts)))


@pytest.mark.parametrize(
    ("rm_type", "expected"),
    [
        ("DV_TEXT", [Input("TEXT")]),
        ("DV_CODED_TEXT", [Input("TEXT", "value"), Input("TEXT", "code")]),
        ("DV_QUANTITY", [Input("DECIMAL", "magnitude"), Input("TEXT", "unit")]),
        ("DV_COUNT", [Input("INTEGER")]),
        ("DV_BOOLEAN", [Input("BOOLEAN")]),
        ("DV_DATE", [Input("DATE")]),
        ("DV_DATE_TIME", [Input("DATETIME")]),
        ("DV_TIME", [Input("TIME")]),
        ("DV_ORDINAL", [Input("CODED_TEXT")]),
        ("DV_URI", [Input("TEXT")]),
        ("DV_MULTIMEDIA", [Input("TEXT")]),
        ("DV_PARSABLE", [Input("TEXT", "value"), Input("TEXT", "formalism")]),
        ("DV_IDENTIFIER", [Input("TEXT", each) for each in ("id", "type", "issuer", "assigner")]),
        ("DV_PROPORTION", [Input("DECIMAL", "numerator"), Input("DECIMAL", "denominator")]),
        ("DV_SOMETHING", []),
    ],
)
def test_a_type_without_constraint_has_its_own_fields(rm_type: str, expected: list[Input]) -> None:
    assert inputs(opts.constraint(rm_type)) == expected


def test_a_single_unit_limits_the_magnitude_itself() -> None:
    limits = opts.interval("magnitude", (0, "37.2")), opts.interval("precision", (0, 2), included="false")
    quantity = opts.constraint("DV_QUANTITY", unit("kg", *limits), kind="C_DV_QUANTITY")
    magnitude, units = inputs(quantity)

    assert magnitude.validation == units.choices[0].validation
    assert magnitude.validation == Validation(
        Range(1, ">=", 1, "<="),  # whole numbers: bounds that are excluded become those next to them
        Range(0.0, ">=", 37.20000076293945, "<="),  # EHRbase reads numbers of 32 bits
    )
    assert (units.choices[0].value, units.choices[0].label) == ("kg", "kg")


def test_several_units_limit_each_their_own() -> None:
    several = (unit("kg", opts.interval("magnitude", (0, None))), unit("g"))
    magnitude, units = inputs(opts.constraint("DV_QUANTITY", *several, kind="C_DV_QUANTITY"))

    assert magnitude.validation is None
    assert [each.validation for each in units.choices] == [Validation(range=Range(0.0, ">=")), None]


def test_an_assumed_quantity_is_the_default() -> None:
    assumed = "<assumed_value><magnitude>0.1</magnitude><units>kg</units></assumed_value>"
    magnitude, units = inputs(opts.constraint("DV_QUANTITY", assumed, unit("kg"), kind="C_DV_QUANTITY"))

    assert (magnitude.default_value, units.default_value) == (0.1, "kg")


def test_codes_have_labels_in_every_language() -> None:
    german = opts.ontology(opts.OBSERVATION, {"de": {"at0010": "Regelmäßig", "at0004": "Puls"}})
    node = rate(opts.coded("at0010", "at0011", "at0099"), more=german, languages=("en", "de"))
    (code,) = node.inputs

    assert (code.type, code.suffix, code.terminology) == ("CODED_TEXT", "code", "local")
    assert [(each.value, each.label, each.localized_labels) for each in code.choices] == [
        ("at0010", "Regular", {"en": "Regular", "de": "Regelmäßig"}),
        ("at0011", "Irregular", {"en": "Irregular"}),
    ]
    assert code.choices[1].localized_descriptions == {"en": ""}
    assert node.localized_names == {"en": "Rate", "de": "Puls"}


def test_codes_of_openehr_have_its_rubrics_in_the_order_of_a_set() -> None:
    (code,) = rate(opts.coded("433", "271", "999", terminology="openehr"), languages=("en", "de")).inputs

    assert {(each.value, each.label) for each in code.choices} == {
        ("433", "event"),
        ("271", "no information"),
        ("999", ""),
    }
    assert {"en": "event", "de": "event"} in [each.localized_labels for each in code.choices]


def test_terms_of_other_terminologies_are_found_with_and_without_its_name() -> None:
    snomed = opts.coded("1", "2", "3", terminology="SNOMED-CT")
    terms = {**TERMS, "SNOMED-CT::1": "One", "2": "Two"}
    content = opts.observation(opts.element("at0004", snomed), terms=terms)
    tree = web_template.compile(opts.composition(content)).tree
    (code,) = next(node for node in tree.walk() if node.id == "rate").inputs

    assert [(each.value, each.label) for each in code.choices] == [("1", "One"), ("2", "Two")]


def test_a_terminology_without_codes_takes_code_and_text() -> None:
    reference = opts.constraint(
        "CODE_PHRASE", "<referenceSetUri>terminology:LOINC</referenceSetUri>", kind="C_CODE_REFERENCE"
    )

    for value in (reference, opts.codes(terminology="LOINC")):
        assert inputs(opts.constraint("DV_CODED_TEXT", opts.single("defining_code", value))) == [
            Input("TEXT", "code", terminology="LOINC"),
            Input("TEXT", "value", terminology="LOINC"),
        ]


@pytest.mark.parametrize(
    ("rm_type", "written", "ordinal"), [("DV_ORDINAL", "2", 2), ("DV_SCALE", "1.5", 1.5)]
)
def test_ordinals_and_scales_have_codes_with_numbers(rm_type: str, written: str, ordinal: float) -> None:
    symbol = "<symbol><defining_code><code_string>at0010</code_string></defining_code></symbol>"
    listed = f"<list><value>{written}</value>{symbol}</list>"
    (code,) = inputs(opts.constraint(rm_type, listed, kind=f"C_{rm_type}"))

    assert [(each.value, each.label, each.ordinal) for each in code.choices] == [
        ("at0010", "Regular", ordinal)
    ]


def test_states_are_the_names_of_a_machine() -> None:
    machine = "<value><states><name>planned</name></states><states><name>done</name></states></value>"
    (code,) = inputs(opts.constraint("DV_STATE", machine, kind="C_DV_STATE"))

    assert [each.value for each in code.choices] == ["planned", "done"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (of("DV_TEXT", "value", opts.values("a.*", tag="pattern"), primitive="STRING"), ("a.*", None)),
        (
            of("DV_DATE", "value", opts.values("yyyy-mm-??", tag="pattern"), primitive="DATE"),
            ("yyyy-mm-??", None),
        ),
        (
            of(
                "DV_COUNT", "magnitude", opts.interval("range", (0, 9), included="false"), primitive="INTEGER"
            ),
            (None, Range(1, ">=", 8, "<=")),
        ),
    ],
)
def test_patterns_and_ranges_of_primitives_are_kept(
    value: str, expected: tuple[str | None, Range | None]
) -> None:
    (field,) = inputs(value)

    assert field.validation
    assert (field.validation.pattern, field.validation.range) == expected


def test_texts_and_numbers_of_a_list_are_choices() -> None:
    (text,) = inputs(opts.text("a", "b"))
    (count,) = inputs(of("DV_COUNT", "magnitude", opts.values(5, "07"), primitive="INTEGER"))

    assert ([each.value for each in text.choices], text.list_open) == (["a", "b"], False)
    assert [each.value for each in count.choices] == ["5", "7"]


@pytest.mark.parametrize(
    ("valid", "expected"),
    [(("true", "false"), ["true"]), (("false", "true"), ["false"]), (("true", "true"), [])],
)
def test_a_boolean_that_has_one_value_has_it_as_a_choice(valid: tuple[str, str], expected: list[str]) -> None:
    true, false = (
        opts.values(each, tag=f"{name}_valid") for each, name in zip(valid, ("true", "false"), strict=True)
    )
    assumed = opts.values("true", tag="assumed_value")
    (field,) = inputs(of("DV_BOOLEAN", "value", assumed, true, false, primitive="BOOLEAN"))

    assert ([each.value for each in field.choices], field.default_value) == (expected, "true")


def test_a_percentage_has_a_fixed_denominator() -> None:
    node = rate(of("DV_PROPORTION", "type", opts.values(2), primitive="INTEGER"))
    numerator, denominator = node.inputs

    assert node.proportion_types == ("percent",)
    assert numerator.validation is None
    assert denominator.validation == Validation(range=Range(100.0, ">=", 100.0, "<="))


def test_a_proportion_of_any_kind_says_all() -> None:
    assert rate(opts.constraint("DV_PROPORTION")).proportion_types == (
        "ratio",
        "unitary",
        "percent",
        "fraction",
        "integer_fraction",
    )


@pytest.mark.parametrize(
    ("pattern", "suffixes"),
    [
        ("", ["year", "month", "day", "week", "hour", "minute", "second"]),
        ("PYMWD", ["year", "month", "day", "week"]),
        ("PDTH", ["day", "hour"]),
        ("PDTM", ["day", "minute"]),
        ("PTS", ["second"]),
    ],
)
def test_a_duration_has_the_parts_of_its_pattern(pattern: str, suffixes: list[str]) -> None:
    fields = inputs(of("DV_DURATION", "value", opts.values(pattern, tag="pattern"), primitive="DURATION"))

    assert [each.suffix for each in fields] == suffixes
    assert {each.validation for each in fields} == {Validation(range=Range(0, ">="))}


def test_bounds_of_a_duration_limit_their_parts() -> None:
    bounds = opts.interval("range", ("P1Y2M", "P1Y6MT30M"), included="false")
    fields = {
        each.suffix: each.validation
        for each in inputs(of("DV_DURATION", "value", bounds, primitive="DURATION"))
    }

    assert fields["year"] == Validation(range=Range(1, ">", 1, "<"))
    assert fields["month"] == Validation(range=Range(2, ">", 6, "<"))
    assert fields["minute"] == Validation(range=Range(0, ">=", 30, "<"))
    assert fields["second"] == Validation(range=Range(0, ">="))


def test_bounds_of_an_interval_are_fields_of_their_own() -> None:
    bounds = [opts.single(each, opts.constraint("DV_COUNT")) for each in ("lower", "upper")]
    node = rate(opts.constraint("DV_INTERVAL<DV_COUNT>", *bounds))

    assert [(each.id, each.rm_type, each.min) for each in node.children] == [
        ("lower", "DV_COUNT", 1),
        ("upper", "DV_COUNT", 1),
    ]
    assert not node.inputs


ITEM = "/content[openEHR-EHR-OBSERVATION.pulse.v1]/data[at0001]/events[at0002]/data[at0003]/items[at0004]"


@pytest.mark.parametrize(
    ("rm_type", "field", "written", "expected"),
    [
        ("DV_TEXT", "value", "calm", "calm"),
        ("DV_COUNT", "magnitude", "5", 5),
        ("DV_BOOLEAN", "value", "true", "true"),
        ("DV_TEXT", "value", "007", "007"),  # EHRbase: 7, as an octal number
    ],
)
def test_what_the_template_proposes_is_the_default(
    rm_type: str, field: str, written: str, expected: object
) -> None:
    proposed = opts.default(f"[x]{ITEM}", "value", rm_type, f"<{field}>{written}</{field}>")
    (first, *_) = rate(opts.constraint(rm_type), more=f"<constraints>{proposed}</constraints>").inputs

    assert first.default_value == expected


def test_a_proposed_duration_fills_all_parts() -> None:
    proposed = opts.default(f"[x]{ITEM}", "value", "DV_DURATION", "<value>P1DT5M</value>")
    node = rate(opts.constraint("DV_DURATION"), more=f"<constraints>{proposed}</constraints>")

    assert {each.suffix: each.default_value for each in node.inputs if each.default_value} == {
        "day": 1,
        "minute": 5,
    }
    assert node.inputs[0].default_value == 0


def test_annotations_and_comments_are_on_their_node() -> None:
    node = rate(opts.text(), more=opts.annotation(f"[x]{ITEM}", hint="at rest"))

    assert node.annotations == {"hint": "at rest"}
