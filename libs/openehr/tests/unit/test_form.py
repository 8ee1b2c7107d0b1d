"""What a form says of a template: where each value goes, how it is asked for and when it is needed."""

import json
from typing import Any

import pytest
from openward_openehr import form
from openward_openehr.form import Field, Form
from openward_openehr.web_template import document
from openward_openehr.web_template.model import Range

ROOT = "/content[openEHR-EHR-OBSERVATION.x.v1]"
Json = dict[str, Any]


def node(name: str, rm_type: str, *children: Json, least: int = 0, most: int = 1, **more: Any) -> Json:
    return {
        "id": name.lower().replace(" ", "_"),
        "name": name,
        "rmType": rm_type,
        "min": least,
        "max": most,
        "aqlPath": f"{ROOT}/{name.lower()}",
        "children": list(children),
        **more,
    }


def text(name: str, **more: Any) -> Json:
    return node(name, "DV_TEXT", **{"inputs": [{"type": "TEXT"}], **more})


def described(*children: Json, languages: tuple[str, ...] | None = None, **more: Any) -> Form:
    tree = node("Visit", "COMPOSITION", *children, least=1, **more)
    template = {
        "templateId": "visit",
        "version": "2.3",
        "defaultLanguage": "en",
        "languages": ["en", "de"],
        "tree": tree,
    }
    return form.describe(document.read(template), languages)


def only(*children: Json) -> Field:
    (field,) = described(*children).fields
    return field


def coded(count: int, **more: Any) -> Json:
    codes = [{"value": f"at000{n}", "label": f"Code {n}"} for n in range(count)]
    inputs = [{"suffix": "code", "type": "CODED_TEXT", "list": codes, "terminology": "local", **more}]
    return node("Position", "DV_CODED_TEXT", inputs=inputs)


def test_an_indexed_path_has_a_place_for_the_number_of_everything_that_repeats_on_the_way() -> None:
    event = node("Any event", "EVENT", text("Comment", max=-1), max=-1)
    field = only(node("Pulse", "OBSERVATION", event, max=3))
    assert field.path == "visit/pulse/any_event/comment"
    assert field.indexed_path == "visit/pulse:{0}/any_event:{1}/comment:{2}"
    assert [(each.path, each.max) for each in field.repeats] == [
        ("visit/pulse", 3),
        ("visit/pulse/any_event", None),
        ("visit/pulse/any_event/comment", None),
    ]


def test_what_is_mandatory_all_the_way_up_is_required() -> None:
    field = only(node("Pulse", "OBSERVATION", text("Comment", least=1), least=1))
    assert field.required
    assert field.required_when is None


def test_what_is_mandatory_in_something_optional_is_required_with_the_nearest_of_it() -> None:
    inner = node("Device", "CLUSTER", node("Part", "CLUSTER", text("Serial", least=1), least=1))
    field = only(node("Pulse", "OBSERVATION", inner))
    assert not field.required
    assert field.required_when == "visit/pulse/device"


def test_an_optional_value_is_never_required() -> None:
    field = only(node("Pulse", "OBSERVATION", text("Comment"), least=1))
    assert (field.required, field.required_when) == (False, None)


def test_a_quantity_has_a_range_and_a_precision_for_each_of_its_units() -> None:
    units = [
        {
            "value": "mm[Hg]",
            "label": "mm[Hg]",
            "validation": {"range": {"min": 0, "minOp": ">=", "max": 400, "maxOp": "<"}},
        },
        {"value": "kPa", "label": "kPa", "validation": {"precision": {"max": 1, "maxOp": "<="}}},
    ]
    inputs = [
        {"suffix": "magnitude", "type": "DECIMAL"},
        {"suffix": "unit", "type": "CODED_TEXT", "list": units},
    ]
    field = only(node("Systolic", "DV_QUANTITY", inputs=inputs))
    magnitude, unit = field.entries
    assert field.widget == "quantity"
    assert magnitude.path == "visit/systolic|magnitude"
    assert unit.options[0].range == Range(0, ">=", 400, "<")
    assert unit.options[1].precision == Range(max=1, max_op="<=")


@pytest.mark.parametrize(
    ("given", "widget"),
    [
        (coded(2), "radio"),
        (coded(7), "select"),
        (coded(2, listOpen=True), "combobox"),
        (node("Diagnosis", "DV_CODED_TEXT", inputs=[{"suffix": "code", "type": "TEXT"}]), "combobox"),
        (text("Comment"), "text"),
        (node("Narrative", "DV_TEXT", inputs=[{"type": "TEXT"}]), "textarea"),
        (node("Count", "DV_COUNT"), "integer"),
        (node("Done", "DV_BOOLEAN"), "checkbox"),
        (node("Birth", "DV_DATE"), "date"),
        (node("Link", "DV_EHR_URI"), "uri"),
        (node("Image", "DV_MULTIMEDIA"), "multimedia"),
        (node("Score", "REAL", inputs=[{"type": "DECIMAL"}]), "number"),
    ],
)
def test_the_widget_follows_from_the_type_and_from_how_many_values_there_are(
    given: Json, widget: str
) -> None:
    assert only(given).widget == widget


def test_a_code_of_a_terminology_that_no_one_names_is_asked_for_with_its_terminology() -> None:
    inputs = [{"suffix": "code", "type": "TEXT"}, {"suffix": "value", "type": "TEXT"}]
    field = only(node("Diagnosis", "DV_CODED_TEXT", inputs=inputs))
    assert [(each.suffix, each.required) for each in field.entries] == [
        ("code", True),
        ("value", True),
        ("terminology", True),
    ]


def test_free_text_takes_the_place_of_a_code() -> None:
    other = {"suffix": "other", "type": "TEXT"}
    given = coded(2, listOpen=True)
    code, free = only({**given, "inputs": [*given["inputs"], other]}).entries
    assert (code.required, free.required, free.instead_of) == (True, False, "code")


def test_a_percentage_is_asked_for_without_its_denominator() -> None:
    field = only(node("Saturation", "DV_PROPORTION", proportionTypes=["percent"]))
    assert {each.suffix: each.fixed for each in field.entries} == {
        "numerator": None,
        "denominator": 100.0,
        "type": 2,
    }


def test_the_bounds_of_an_interval_are_fields_within_it_lower_first() -> None:
    bounds = (node("Upper", "DV_COUNT", least=1), node("Lower", "DV_COUNT", least=1))
    field = only(node("Doses", "DV_INTERVAL<DV_COUNT>", *bounds))
    assert field.widget == "interval"
    assert [each.path for each in field.fields] == ["visit/doses/lower", "visit/doses/upper"]
    assert {each.suffix for each in field.entries} == {"lower_included", "upper_included"}


def test_alternatives_are_fields_of_one_choice_and_none_of_them_is_required_as_such() -> None:
    value: Json = {"aqlPath": f"{ROOT}/items[at0009]/value", "least": 1}
    element = node("Result", "ELEMENT", node("Count value", "DV_COUNT", **value), text("Text value", **value))
    told = described({**element, "min": 1})
    (choice,) = told.choices
    assert choice.required
    assert choice.fields == ("visit/result/count_value", "visit/result/text_value")
    assert [(each.choice, each.required) for each in told.fields] == [("visit/result", False)] * 2


def test_a_number_that_only_prohibited_siblings_explain_is_not_in_the_path() -> None:
    assert only(text("Test result", id="test_result2")).path == "visit/test_result"


def test_a_number_of_the_name_or_of_a_sibling_stays_in_the_path() -> None:
    told = described(text("Count2"), text("Comment"), text("Comment", id="comment2"))
    assert [each.path for each in told.fields] == ["visit/count2", "visit/comment", "visit/comment2"]


def test_what_is_given_once_for_all_is_apart_and_says_with_which_key() -> None:
    language = node("Language", "CODE_PHRASE", least=1, inContext=True, aqlPath="/language")
    told = described(language, text("Comment"))
    (context,) = told.context
    assert context.ctx == ("ctx/language",)
    assert [each.suffix for each in context.entries] == ["code", "terminology"]
    assert [each.path for each in told.fields] == ["visit/comment"]


def test_an_event_context_that_may_be_missing_is_given_by_ctx_alone() -> None:
    start = node("start_time", "DV_DATE_TIME", least=1, aqlPath="/context/start_time")
    told = described(node("context", "EVENT_CONTEXT", start))
    (context,) = told.context
    assert (context.path, context.writable, context.ctx) == ("visit/start_time", False, ("ctx/time",))
    assert told.sections[0].attributes[-1] == "_participation"


def test_an_event_that_can_be_an_interval_takes_a_width_and_a_function() -> None:
    told = described(node("Pulse", "OBSERVATION", node("Any event", "EVENT", text("Comment"))))
    assert [each.path for each in told.context] == [
        "visit/pulse/any_event/width",
        "visit/pulse/any_event/math_function",
    ]


def test_texts_are_in_every_wanted_language_and_fall_back_to_the_default_one() -> None:
    names = {"localizedNames": {"en": "Comment", "de": "Anmerkung"}, "localizedDescriptions": {"en": "*"}}
    (german, plain) = described(text("Comment", **names), text("Note"), languages=("de",)).fields
    assert (german.labels, german.help) == ({"de": "Anmerkung"}, {})
    assert plain.labels == {"de": "Note"}


def test_a_language_that_the_template_lacks_gives_its_default_language() -> None:
    assert described(text("Note"), languages=("fi",)).languages == ("en",)


def test_how_many_of_the_children_there_are_in_all_names_their_paths() -> None:
    total: Json = {"cardinalities": [{"min": 1, "max": 1, "ids": ["grams", "drinks"]}]}
    told = described(node("Amount", "CLUSTER", text("Grams"), text("Drinks"), **total))
    (amount,) = told.sections[1].totals
    assert (amount.min, amount.max) == (1, 1)
    assert amount.paths == ("visit/amount/grams", "visit/amount/drinks")


def test_the_comment_of_a_node_is_apart_from_its_other_annotations() -> None:
    field = only(text("Note", annotations={"comment": "in words", "hl7v2_mapping": "OBX"}))
    assert (field.comment, field.annotations) == ("in words", {"hl7v2_mapping": "OBX"})


def test_json_has_the_names_of_web_templates_and_nothing_that_is_empty() -> None:
    written = form.write(described(text("Note", least=1), languages=("en",)))
    assert written["templateId"] == "visit"
    assert written["fields"] == [
        {
            "path": "visit/note",
            "indexedPath": "visit/note",
            "aqlPath": f"{ROOT}/note",
            "section": "visit",
            "depth": 1,
            "rmType": "DV_TEXT",
            "widget": "text",
            "labels": {"en": "Note"},
            "min": 1,
            "max": 1,
            "required": True,
            "entries": [{"path": "visit/note", "type": "TEXT", "required": True}],
        }
    ]
    assert json.loads(json.dumps(written)) == written


def test_every_field_is_found_by_its_path_those_within_others_too() -> None:
    bounds = (node("Lower", "DV_COUNT"), node("Upper", "DV_COUNT"))
    found = form.index(described(node("Doses", "DV_INTERVAL<DV_COUNT>", *bounds)))
    assert set(found) == {"visit/doses", "visit/doses/lower", "visit/doses/upper"}


def test_what_the_repository_derives_is_not_asked_for() -> None:
    offset = node("offset", "DV_DURATION", least=1, aqlPath=f"{ROOT}/events[at0002]/offset")
    told = described(node("Pulse", "EVALUATION", offset, least=1))
    (context,) = told.context
    assert (context.writable, context.required, told.fields) == (False, False, ())


def test_an_ordinal_without_a_list_is_asked_for_whole() -> None:
    suffixes = [each.suffix for each in only(node("Score", "DV_ORDINAL")).entries]
    assert suffixes == ["code", "ordinal", "value"]


def test_the_content_of_a_multimedia_value_can_stand_in_place_of_its_address() -> None:
    entries = {each.suffix: each for each in only(node("Image", "DV_MULTIMEDIA")).entries}
    assert entries["url"].required
    assert entries["data"].instead_of == "url"
