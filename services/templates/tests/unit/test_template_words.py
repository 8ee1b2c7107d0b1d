"""What a template is found by."""

from typing import Any

import pytest
from openward_openehr.web_template.model import Node, WebTemplate
from templates.domain.search import Kind, Question, Wanted, Words, comparable, words

ARCHETYPE = "openEHR-EHR-OBSERVATION.blood_pressure.v2"


def node(name: str, **more: Any) -> Node:
    return Node(name.lower(), name, "OBSERVATION", 0, 1, "/", **more)


def web_template(*children: Node) -> WebTemplate:
    root = node("Encounter", node_id="openEHR-EHR-COMPOSITION.encounter.v1", children=children)
    return WebTemplate("x", "en", ("en", "pt-BR"), root)


def of(template: WebTemplate | None) -> Words:
    return words("Vital Signs.v1", "Vital signs", "openEHR-EHR-COMPOSITION.encounter.v1", template)


def test_every_node_is_found_in_every_language() -> None:
    labels = {"en": "Blood  Pressure", "de": "BLUTDRUCK", "ja": "血圧"}

    found = of(web_template(node("Blood pressure", localized_names=labels)))

    assert {word for kind, word in found if kind is Kind.LABEL} == {
        "encounter",
        "blood pressure",
        "blutdruck",
        "血圧",
    }


def test_archetypes_within_are_found_and_codes_are_not() -> None:
    found = of(web_template(node("a", node_id=ARCHETYPE, children=(node("b", node_id="at0004"),))))

    assert {word for kind, word in found if kind is Kind.ARCHETYPE} == {
        "openehr-ehr-composition.encounter.v1",
        "openehr-ehr-observation.blood_pressure.v2",
    }


def test_a_language_is_found_by_what_it_is_a_kind_of() -> None:
    found = of(web_template())

    assert {word for kind, word in found if kind is Kind.LANGUAGE} == {"en", "pt", "pt-br"}


def test_what_cannot_be_compiled_is_found_by_what_its_upload_says() -> None:
    assert of(None) == {
        (Kind.NAME, "vital signs.v1"),
        (Kind.CONCEPT, "vital signs"),
        (Kind.ARCHETYPE, "openehr-ehr-composition.encounter.v1"),
    }


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("  Body\n\ttemperature ", "body temperature"),
        ("STRASSE", "Straße"),
        ("\uff22\uff30", "bp"),
        ("a\0b", "ab"),
        ("x" * 300, "x" * 200),
    ],
)
def test_what_readers_take_for_the_same_is_the_same(text: str, same: str) -> None:
    assert comparable(text) == comparable(same)


def test_a_question_wants_each_word_of_its_text_and_each_part() -> None:
    question = Question.of("Blood  pressure", language="EN", label="Body site", name=None, concept=" ")

    assert question.wanted == (
        Wanted(None, "blood"),
        Wanted(None, "pressure"),
        Wanted(Kind.LANGUAGE, "en"),
        Wanted(Kind.LABEL, "body site"),
    )


def test_a_question_without_words_wants_nothing() -> None:
    assert Question.of("", name="  ").wanted == ()
