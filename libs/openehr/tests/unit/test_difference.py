"""Each kind of change is found, alone, and has the reverse verdict when it is undone."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openward_openehr.difference import VERDICTS, Change, VersionMalformed, difference, next_version
from openward_openehr.web_template.model import (
    Cardinality,
    Choice,
    Input,
    Node,
    Range,
    TermBinding,
    Validation,
    WebTemplate,
)

BODY = "/content[openEHR-EHR-OBSERVATION.vitals.v1]"
PRESSURES = Range(0, ">=", 300, "<")
ONE_PLACE = Range(0, ">=", 1, "<=")
MMHG = Choice("mm[Hg]", "mm[Hg]", validation=Validation(ONE_PLACE, PRESSURES))
KPA = Choice("kPa", "kPa")
SITTING = Choice("at0011", "Sitting", {"en": "Sitting"}, {"en": "On a chair"}, current_states=("524",))
LYING = Choice("at0012", "Lying", {"en": "Lying"}, ordinal=2)

PRESSURE = Node(
    id="pressure",
    name="Pressure",
    rm_type="DV_QUANTITY",
    node_id="at0001",
    min=0,
    max=3,
    aql_path=f"{BODY}/data[at0000.1]/items[at0001]/value",
    localized_names={"en": "Pressure"},
    localized_descriptions={"en": "Of the blood"},
    annotations={"design": "large"},
    term_bindings={"LOINC": TermBinding("8480-6", "LOINC")},
    inputs=(
        Input("DECIMAL", "magnitude", default_value=120),
        Input("CODED_TEXT", "unit", (MMHG, KPA)),
    ),
)
POSITION = Node(
    id="position",
    name="Position",
    rm_type="DV_CODED_TEXT",
    node_id="at0010",
    min=1,
    max=1,
    aql_path=f"{BODY}/data[at0000.1]/items[at0010]/value",
    inputs=(Input("CODED_TEXT", "code", (SITTING, LYING), terminology="local", list_open=False),),
)
COMMENT = Node(
    id="comment",
    name="Comment",
    rm_type="DV_TEXT",
    node_id="at0020",
    min=0,
    max=-1,
    aql_path=f"{BODY}/data[at0000.1]/items[at0020]/value",
    inputs=(Input("TEXT", validation=Validation(pattern="a.*")),),
)
SHARE = Node(
    id="share",
    name="Share",
    rm_type="DV_PROPORTION",
    node_id="at0030",
    min=0,
    max=1,
    aql_path=f"{BODY}/data[at0000.1]/items[at0030]/value",
    proportion_types=("ratio", "percent"),
    depends_on=("comment",),
    in_context=False,
)
VITALS = Node(
    id="vitals",
    name="Vitals",
    rm_type="OBSERVATION",
    node_id="openEHR-EHR-OBSERVATION.vitals.v1",
    min=1,
    max=2,
    aql_path=BODY,
    cardinalities=(Cardinality(1, 4, ("pressure", "comment")),),
    children=(PRESSURE, POSITION, COMMENT, SHARE),
)
PLAN = Node(
    id="plan",
    name="Plan",
    rm_type="SECTION",
    node_id="openEHR-EHR-SECTION.plan.v1",
    min=0,
    max=1,
    aql_path="/content[openEHR-EHR-SECTION.plan.v1]",
)
TEMPLATE = WebTemplate(
    "vitals.v1",
    "en",
    ("en",),
    Node(
        id="report", name="Report", rm_type="COMPOSITION", min=1, max=1, aql_path="", children=(VITALS, PLAN)
    ),
)

Edit = Callable[[WebTemplate], WebTemplate]


def node(place: Node, **fields: object) -> Edit:
    return within(place, lambda found: replace(found, **fields))  # type: ignore[arg-type]  # made up by tests


def within(place: Node, edit: Callable[[Node], Node | None]) -> Edit:
    def edited(each: Node) -> Node | None:
        children = tuple(new for child in each.children if (new := edited(child)))
        each = replace(each, children=children)
        same = (each.node_id, each.aql_path) == (place.node_id, place.aql_path)
        return edit(each) if same else each

    return lambda template: replace(template, tree=edited(template.tree))  # type: ignore[arg-type]  # root stays


def of_input(place: Node, number: int, **fields: object) -> Edit:
    inputs = list(place.inputs)
    inputs[number] = replace(inputs[number], **fields)  # type: ignore[arg-type]  # made up by tests
    return node(place, inputs=tuple(inputs))


def units(*choices: Choice) -> Edit:
    return of_input(PRESSURE, 1, choices=choices)


def codes(*choices: Choice) -> Edit:
    return of_input(POSITION, 0, choices=choices)


def mmhg(range: Range = PRESSURES, precision: Range = ONE_PLACE) -> Edit:  # noqa: A002  as the field
    return units(replace(MMHG, validation=Validation(precision, range)), KPA)


def template(**fields: object) -> Edit:
    return lambda old: replace(old, **fields)  # type: ignore[arg-type]  # made up by tests


def moved(old: WebTemplate) -> WebTemplate:
    there = replace(COMMENT, aql_path=f"{PLAN.aql_path}{BODY}/items[at0020]/value")
    return node(PLAN, children=(there,))(within(COMMENT, lambda _: None)(old))


#: Kind, what makes it, kind when it is undone (the same where it has no direction).
CASES: list[tuple[str, Edit, str]] = [
    ("template-id-changed", template(template_id="vitals.v2"), ""),
    ("default-language-changed", template(default_language="de"), ""),
    ("language-added", template(languages=("en", "de")), "language-removed"),
    ("node-added", node(PLAN, children=(replace(COMMENT, aql_path="/x[at1]"),)), "node-removed"),
    ("required-node-added", node(PLAN, children=(POSITION,)), "required-node-removed"),
    ("node-renamed", node(PRESSURE, id="blood_pressure"), ""),
    ("node-moved", moved, ""),
    ("type-changed", node(COMMENT, rm_type="DV_CODED_TEXT"), ""),
    ("path-changed", node(PRESSURE, aql_path=f"{BODY}/data[at0000.1]/items[at0001,'Of blood']/value"), ""),
    ("path-changed", node(PLAN, aql_path=f"{PLAN.aql_path[:-1]} and name/value='It\\'s']"), ""),
    ("path-changed", node(PLAN, aql_path="/content[openEHR-EHR-SECTION.plan.v2]"), ""),
    ("occurrences-widened", node(PRESSURE, max=-1), "occurrences-narrowed"),
    ("occurrences-widened", node(VITALS, max=3), "occurrences-narrowed"),
    ("occurrences-narrowed", node(VITALS, min=2), "occurrences-widened"),
    ("required-added", node(COMMENT, min=1), "required-removed"),
    ("cardinality-widened", node(VITALS, cardinalities=(Cardinality(1, -1),)), "cardinality-narrowed"),
    ("cardinality-narrowed", node(VITALS, cardinalities=(Cardinality(2, 4),)), "cardinality-widened"),
    ("cardinality-narrowed", node(PLAN, cardinalities=(Cardinality(1, None),)), "cardinality-widened"),
    (
        "proportion-types-added",
        node(SHARE, proportion_types=("ratio", "percent", "unitary")),
        "proportion-types-removed",
    ),
    ("proportion-types-added", node(SHARE, proportion_types=()), "proportion-types-removed"),
    ("dependency-changed", node(SHARE, depends_on=()), ""),
    ("context-changed", node(SHARE, in_context=True), ""),
    ("label-changed", node(PRESSURE, localized_names={"en": "Blood pressure"}), ""),
    ("label-changed", node(COMMENT, name="Remark"), ""),
    ("label-changed", node(COMMENT, localized_name="Remark"), ""),
    ("description-changed", node(PRESSURE, localized_descriptions={"en": "Arterial"}), ""),
    ("annotation-changed", node(PRESSURE, annotations={"design": "small"}), ""),
    ("annotation-changed", node(PRESSURE, annotations={}), ""),
    ("binding-changed", node(PRESSURE, term_bindings={}), ""),
    ("input-added", node(COMMENT, inputs=(*COMMENT.inputs, Input("TEXT", "other"))), "input-removed"),
    ("input-type-changed", of_input(COMMENT, 0, type="INTEGER"), ""),
    ("terminology-changed", of_input(POSITION, 0, terminology="SNOMED-CT"), ""),
    ("default-changed", of_input(PRESSURE, 0, default_value=110), ""),
    ("units-added", units(MMHG, KPA, Choice("Pa", "Pa")), "units-removed"),
    ("codes-removed", codes(SITTING), "codes-added"),
    ("code-label-changed", codes(SITTING, replace(LYING, localized_labels={"en": "Flat"})), ""),
    ("code-label-changed", codes(SITTING, replace(LYING, label="Flat")), ""),
    ("code-label-changed", codes(replace(SITTING, localized_descriptions={}), LYING), ""),
    ("ordinal-changed", codes(SITTING, replace(LYING, ordinal=3)), ""),
    ("transition-changed", codes(replace(SITTING, current_states=("524", "245")), LYING), ""),
    ("list-opened", of_input(POSITION, 0, list_open=True), "list-closed"),
    ("list-opened", codes(), "list-closed"),
    ("range-widened", mmhg(range=Range(0, ">=", 400, "<")), "range-narrowed"),
    ("range-widened", mmhg(range=Range(0, ">=", 300, "<=")), "range-narrowed"),
    ("range-narrowed", mmhg(range=Range(0, ">", 300, "<")), "range-widened"),
    ("range-widened", mmhg(range=Range(None, None, 300, "<")), "range-narrowed"),
    ("range-narrowed", of_input(PRESSURE, 0, validation=Validation(range=Range(1))), "range-widened"),
    ("precision-narrowed", mmhg(precision=Range(0, ">=", 0, "<=")), "precision-widened"),
    ("pattern-removed", of_input(COMMENT, 0, validation=None), "pattern-added"),
    ("pattern-changed", of_input(COMMENT, 0, validation=Validation(pattern="b.*")), ""),
]
REVERSE = {
    "safe-for-writers": "safe-for-readers",
    "safe-for-readers": "safe-for-writers",
    "breaking": "breaking",
    "safe": "safe",
}


def kinds(changes: list[Change]) -> list[str]:
    return [change.kind for change in changes]


def test_nothing_differs_from_itself() -> None:
    assert difference(TEMPLATE, TEMPLATE) == []


@pytest.mark.parametrize(("kind", "edit", "undone"), CASES, ids=[case[0] for case in CASES])
def test_a_change_is_found_alone_and_so_is_its_reverse(kind: str, edit: Edit, undone: str) -> None:
    assert kinds(difference(TEMPLATE, edit(TEMPLATE))) == [kind]
    assert kinds(difference(edit(TEMPLATE), TEMPLATE)) == [undone or kind]


def test_every_kind_has_a_case_here_or_below() -> None:
    shown = {kind for kind, _, _ in CASES} | {undone for _, _, undone in CASES}
    assert VERDICTS.keys() - shown == {"range-changed", "precision-changed"}


def test_what_widens_is_safe_for_writers_and_its_reverse_for_readers() -> None:
    directed = [(kind, undone) for kind, _, undone in CASES if undone and "language" not in kind]
    assert all(VERDICTS[undone] == REVERSE[VERDICTS[kind]] for kind, undone in directed)


def test_a_range_that_moved_is_wider_and_narrower() -> None:
    shifted = mmhg(range=Range(10, ">=", 400, "<"))(TEMPLATE)
    assert kinds(difference(TEMPLATE, shifted)) == ["range-narrowed", "range-widened"]


def of_bounds(low: str, high: str) -> WebTemplate:
    return of_input(COMMENT, 0, validation=Validation(range=Range(low, ">=", high, "<=")))(TEMPLATE)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("P1D", "P1M"), ("P1D", "P6W"), ["range-widened"]),
        (("P1D", "PT36H"), ("PT24H", "P1DT12H"), []),
        (("2020-01-01", "2020-12-31"), ("2020-01-01", "2020-06-30"), ["range-narrowed"]),
        (("2020-01-01", "2020-12-31"), ("2020-01-01", "2021"), ["range-changed"]),
    ],
)
def test_durations_and_dates_are_compared_by_what_they_say(
    old: tuple[str, str], new: tuple[str, str], expected: list[str]
) -> None:
    assert kinds(difference(of_bounds(*old), of_bounds(*new))) == expected


def test_a_change_says_where_and_from_what_to_what() -> None:
    narrowed = mmhg(range=Range(0, ">=", 250, "<"))(TEMPLATE)
    assert difference(TEMPLATE, narrowed) == [
        Change(
            "range-narrowed",
            "report/vitals/pressure|unit",
            PRESSURE.aql_path,
            ">=0 <300",
            ">=0 <250",
            about="mm[Hg]",
        )
    ]


def test_what_is_beneath_a_renamed_node_is_still_compared() -> None:
    renamed = node(VITALS, id="vital_signs")(node(COMMENT, max=5)(TEMPLATE))
    assert [(each.kind, each.flat_path) for each in difference(TEMPLATE, renamed)] == [
        ("node-renamed", "report/vital_signs"),
        ("occurrences-narrowed", "report/vital_signs/comment"),
    ]


def test_a_value_that_becomes_a_choice_of_values_changed_its_type() -> None:
    place = COMMENT.aql_path.removesuffix("/value")
    value = replace(COMMENT, id="text_value", min=0, max=1)
    choice = node(COMMENT, rm_type="ELEMENT", aql_path=place, inputs=(), children=(value,))(TEMPLATE)
    assert kinds(difference(TEMPLATE, choice))[:2] == ["path-changed", "type-changed"]


def undone(kind: str) -> str:
    """What the reverse of a change is."""
    for one, other in (("added", "removed"), ("widened", "narrowed"), ("opened", "closed")):
        for word, opposite in ((one, other), (other, one)):
            if kind.endswith(word):
                return kind.removesuffix(word) + opposite
    return kind


def edited(numbers: list[int]) -> WebTemplate:
    """With these of the cases, one after the other."""
    changed = TEMPLATE
    for number in numbers:
        changed = CASES[number][1](changed)
    return changed


SEVERAL = st.lists(st.integers(0, len(CASES) - 1), max_size=6).map(edited)


@settings(deadline=None)
@given(SEVERAL)
def test_however_it_was_changed_nothing_differs_from_itself(template_: WebTemplate) -> None:
    assert difference(template_, template_) == []


@settings(deadline=None)
@given(SEVERAL, SEVERAL)
def test_the_way_back_has_the_reverse_changes(one: WebTemplate, other: WebTemplate) -> None:
    there, back = kinds(difference(one, other)), kinds(difference(other, one))
    assert sorted(undone(kind) for kind in there) == sorted(back)


@settings(deadline=None)
@given(SEVERAL)
def test_no_change_is_overlooked(template_: WebTemplate) -> None:
    assert bool(difference(TEMPLATE, template_)) == (template_ != TEMPLATE)


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("node-renamed", "2.0.0"),
        ("codes-removed", "2.0.0"),
        ("codes-added", "1.3.0"),
        ("label-changed", "1.2.4"),
    ],
)
def test_the_version_follows_from_the_worst_change(kind: str, version: str) -> None:
    changes = [Change("annotation-changed", "a", "/a"), Change(kind, "a", "/a")]
    assert next_version("1.2.3", changes) == version


def test_other_bytes_that_change_nothing_are_a_patch() -> None:
    assert next_version("1.2.3", []) == "1.2.4"


@pytest.mark.parametrize("malformed", ["", "1.2", "v1.2.3", "1.02.3", "1.2.3-draft"])
def test_what_is_no_version_has_no_next(malformed: str) -> None:
    with pytest.raises(VersionMalformed):
        next_version(malformed, [])
