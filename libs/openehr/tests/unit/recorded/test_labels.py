"""What a template of two languages calls entries, values and codes."""

from typing import Any

import pytest
from openward_openehr.recorded.labels import Labels
from openward_openehr.recorded.model import Code, Entry, Value
from openward_openehr.web_template.model import Choice, Input, Node, WebTemplate

PULSE = "openEHR-EHR-OBSERVATION.pulse.v2"
SECTION = "openEHR-EHR-SECTION.adhoc.v1"
EVENTS = "/data[at0001]/events[at0002]"
RATE = f"{EVENTS}/data[at0003]/items[at0004]/value"
WARD = "/context/other_context[at0001]/items[at0002]/value"


def node(rm_type: str, path: str, name: str, german: str, *children: Node, **more: Any) -> Node:
    names = {"en": name, "de": german} if german else {}
    return Node(name, name, rm_type, 0, 1, path, localized_names=names, children=children, **more)


def choices(suffix: str, **labels: tuple[str, str]) -> Input:
    given = [Choice(code, en, {"en": en, "de": de}) for code, (en, de) in labels.items()]
    return Input("CODED_TEXT", suffix, tuple(given))


def pulse(name: str, german: str, site: str = "Rhythm") -> Node:
    path = f"/content[{SECTION}]/items[{PULSE} and name/value='{name}']"
    beats = Input("CODED_TEXT", "unit", (Choice("/min", "bpm", {"en": "bpm", "de": "Schläge/min"}),))
    kind = choices("code", at0006=("Regular", "Regelmäßig"), at0007=("Irregular", "*Irregular(en)"))
    items = f"{path}{EVENTS}/data[at0003]/items"
    event = node(
        "EVENT",
        f"{path}{EVENTS}",
        "Any event",
        "Beliebiges Ereignis",
        node("DV_QUANTITY", f"{items}[at0004]/value", "Rate", "Frequenz", inputs=(beats,)),
        node("DV_CODED_TEXT", f"{items}[at0005]/value", site, "*Rhythm(en)", inputs=(kind,)),
        node("DV_TEXT", f"{items}[at0008 and name/value='Left']/value", "Left", "Links"),
        node("DV_TEXT", f"{items}[at0008 and name/value='Right']/value", "Right", "Rechts"),
    )
    return node("OBSERVATION", path, name, german, event, node_id=PULSE)


TEMPLATE = WebTemplate(
    "visit.v1",
    "en",
    ("en", "de"),
    node(
        "COMPOSITION",
        "",
        "Visit",
        "Besuch",
        node("EVENT_CONTEXT", "/context", "context", "", node("DV_TEXT", WARD, "Ward", "Station")),
        node(
            "SECTION", f"/content[{SECTION}]", "Round", "Visite", pulse("Pulse", "Puls"), pulse("Foot", "Fuß")
        ),
        node_id="openEHR-EHR-COMPOSITION.encounter.v1",
    ),
)
LABELS = Labels.of(TEMPLATE)


def value(node_path: str, *names: str, **more: Any) -> Value:
    return Value(node_path, node_path, names, "DV_TEXT", more.pop("text", ""), **more)


def entry(name: str = "Pulse", **more: Any) -> Entry:
    return Entry(0, "OBSERVATION", PULSE, name, "/content", (), **more)


@pytest.mark.parametrize("language", ["de", "de-AT", "DE"])
def test_labels_are_in_the_language_that_is_asked_for_or_in_its_primary_one(language: str) -> None:
    assert LABELS.entry(entry(), language) == "Puls"
    assert LABELS.value(entry(), value(RATE, "Any event", "Rate"), language) == (
        "Beliebiges Ereignis",
        "Frequenz",
    )
    assert LABELS.sections(entry(sections=("Round",)), language) == ("Visite",)
    assert LABELS.composition("Visit", language) == "Besuch"


def test_other_languages_get_that_of_the_template() -> None:
    assert LABELS.entry(entry("Puls"), "fr") == "Pulse"
    assert LABELS.languages == ("en", "de")


def test_what_was_renamed_stays_as_recorded() -> None:
    assert LABELS.entry(entry("Pulse, left arm"), "de") == "Pulse, left arm"
    assert LABELS.value(entry(), value(RATE, "After rest", "Rate"), "de") == ("After rest", "Frequenz")


def test_entries_and_siblings_of_one_node_are_told_apart_by_name() -> None:
    side = f"{EVENTS}/data[at0003]/items[at0008]/value"
    assert LABELS.entry(entry("Foot"), "de") == "Fuß"
    assert LABELS.value(entry(), value(side, "Any event", "Right"), "de")[1] == "Rechts"


def test_what_nobody_translated_is_in_the_language_of_the_template() -> None:
    rhythm = value(f"{EVENTS}/data[at0003]/items[at0005]/value", "Any event", "Rhythm")
    assert LABELS.value(entry(), rhythm, "de")[1] == "Rhythm"
    assert LABELS.code(entry(), rhythm, Code("local", "at0007", "x"), "de") == "Irregular"


def test_what_has_no_node_in_the_template_stays_as_recorded() -> None:
    strange = value(f"{EVENTS}/data[at0003]/items[at0099]/value", "Any event", "Extra")
    assert LABELS.value(entry(), strange, "de") == ("Beliebiges Ereignis", "Extra")
    assert LABELS.value(entry(), value(f"{EVENTS}/width", "Any event", "width"), "de")[1] == "width"
    unknown = Entry(0, "EVALUATION", "openEHR-EHR-EVALUATION.x.v1", "X", "/content", ())
    assert LABELS.entry(unknown, "de") == "X"
    assert LABELS.value(unknown, strange, "de") == ("Any event", "Extra")
    assert LABELS.value(entry(), value("/data/items", "a", "b", "c"), "de") == ("a", "b", "c")


def test_codes_and_units_of_a_text_are_labelled() -> None:
    regular = Code("local", "at0006", "Regular")
    rhythm = value(f"{EVENTS}/data[at0003]/items[at0005]/value", "", "", codes=(regular,), text="Regular (1)")
    assert LABELS.code(entry(), rhythm, regular, "de") == "Regelmäßig"
    assert LABELS.text(entry(), rhythm, "de") == "Regelmäßig (1)"
    assert LABELS.text(entry(), value(RATE, text="60 /min", units="/min"), "de") == "60 Schläge/min"
    assert LABELS.code(entry(), rhythm, Code("SNOMED-CT", "1", "One"), "de") == "One"
    assert LABELS.code(entry(), rhythm, Code("SNOMED-CT", "1"), "de") == "1"


def test_other_context_is_labelled_by_the_composition() -> None:
    context = Entry(0, "EVENT_CONTEXT", "openEHR-EHR-COMPOSITION.encounter.v1", "context", "/context", ())
    assert LABELS.value(context, value(WARD, "Ward"), "de") == ("Station",)
    assert LABELS.entry(context, "de") == "context"
