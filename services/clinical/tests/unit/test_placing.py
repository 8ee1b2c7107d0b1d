"""What EHRbase alone objects to is told at the caller's own path, as far as its words lead there."""

from typing import Any

import pytest
from clinical.domain.composition import Format
from clinical.domain.objection import Objection, Place
from clinical.domain.placing import Placing
from clinical.domain.templates import KnownTemplate
from openward_cli.demo import problem_list, vital_signs
from openward_contracts.composition_problem import CompositionProblem
from openward_contracts.identifiers import TemplateId

PRESSURE = "openEHR-EHR-OBSERVATION.blood_pressure.v2"
SYSTOLIC = f"/content[{PRESSURE}]/data[at0001]/events[at0006, 2]/data[at0003]/items[at0004]/value"
FLAT = "vital_signs/blood_pressure/any_event/systolic"
EVENT = {"archetype_node_id": "at0006", "data": {"items": [{"archetype_node_id": "at0004"}]}}
CANONICAL = {
    "content": [
        {"archetype_node_id": "openEHR-EHR-OBSERVATION.pulse.v2"},
        {"archetype_node_id": PRESSURE, "data": {"events": [EVENT, EVENT]}},
    ]
}
STRUCTURED = {"vital_signs": {"blood_pressure": [{"any_event": [{"systolic": [{"|magnitude": 1}]}]}]}}


@pytest.fixture(scope="module")
def vitals() -> KnownTemplate:
    return KnownTemplate.of(TemplateId(vital_signs.TEMPLATE_ID), vital_signs.opt())


def placed(
    known: KnownTemplate | None, form: Format, content: Any, place: Place, path: str
) -> CompositionProblem:
    return Placing(form, content, known).problem(Objection("refused", place, path))


@pytest.mark.parametrize(
    ("form", "content", "place", "path", "expected"),
    [
        (Format.FLAT, {}, Place.AQL, SYSTOLIC, FLAT),
        (Format.FLAT, {}, Place.FLAT, f"{FLAT}|size", f"{FLAT}|size"),
        (Format.FLAT, {}, Place.NOWHERE, "", ""),
        (Format.FLAT, {}, Place.AQL, "/", "vital_signs"),
        (
            Format.STRUCTURED,
            STRUCTURED,
            Place.AQL,
            SYSTOLIC,
            "/vital_signs/blood_pressure/0/any_event/0/systolic/0",
        ),
        (
            Format.STRUCTURED,
            STRUCTURED,
            Place.FLAT,
            "vital_signs/blood_pressure:0/any_event:0/systolic|size",
            "/vital_signs/blood_pressure/0/any_event/0/systolic/0/|size",
        ),
        (Format.STRUCTURED, {}, Place.FLAT, "vital_signs/puls:1/rate", "/vital_signs/puls/rate"),
        (Format.CANONICAL, CANONICAL, Place.AQL, SYSTOLIC, "/content/1/data/events/1/data/items/0/value"),
        (Format.CANONICAL, CANONICAL, Place.AQL, "/composer", "/composer"),
        (Format.CANONICAL, CANONICAL, Place.AQL, "/content[openEHR-EHR-SECTION.x.v1]/items", "/content"),
        (Format.CANONICAL, CANONICAL, Place.POINTER, "/content/1/data", "/content/1/data"),
        (Format.CANONICAL, None, Place.AQL, SYSTOLIC, "/content"),
    ],
)
def test_a_place_is_told_in_the_format_of_the_composition(
    vitals: KnownTemplate, form: Format, content: Any, place: Place, path: str, expected: str
) -> None:
    assert placed(vitals, form, content, place, path).path == expected


def test_the_label_is_that_of_the_node(vitals: KnownTemplate) -> None:
    assert placed(vitals, Format.FLAT, {}, Place.AQL, SYSTOLIC).label == "Systolic"
    assert placed(None, Format.FLAT, {}, Place.AQL, SYSTOLIC).label == ""


def test_the_label_is_in_a_language_that_the_caller_reads() -> None:
    known = KnownTemplate.of(TemplateId(problem_list.TEMPLATE_ID), problem_list.opt())
    severity = next(node for node in known.web_template.tree.walk() if node.id == "severity")
    objection = Objection("refused", Place.AQL, severity.aql_path)

    labels = [
        Placing(Format.FLAT, {}, known, languages).problem(objection).label
        for languages in (("de-at",), ("fr", "en"), ("fr",))
    ]

    assert labels == ["Schweregrad", "Severity", "Severity"]


def test_what_two_nodes_could_mean_is_told_by_the_node_above() -> None:
    known = KnownTemplate.of(TemplateId(vital_signs.TEMPLATE_ID), vital_signs.opt())
    root = known.validator.root
    pulse = root.children["pulse"]
    root.children["another_pulse"] = type(pulse)(
        node=pulse.node,
        name="another_pulse",
        path="vital_signs/another_pulse",
        shape=pulse.shape,
        rm_type=pulse.rm_type,
        is_value=False,
    )

    assert placed(known, Format.FLAT, {}, Place.AQL, pulse.node.aql_path).path == "vital_signs"
