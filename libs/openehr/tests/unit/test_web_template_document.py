"""A web template is the same after it was read and written."""

from typing import Any

from openward_openehr.web_template import document
from openward_openehr.web_template.model import Range, Validation

PULSE = {
    "templateId": "pulse.v1",
    "version": "2.3",
    "defaultLanguage": "en",
    "languages": ["en", "de"],
    "tree": {
        "id": "pulse",
        "name": "Pulse",
        "rmType": "COMPOSITION",
        "nodeId": "openEHR-EHR-COMPOSITION.encounter.v1",
        "min": 1,
        "max": 1,
        "cardinalities": [{"min": 1, "max": 2, "ids": ["rate"]}],
        "children": [
            {
                "id": "rate",
                "name": "Rate",
                "localizedName": "Rate",
                "rmType": "DV_QUANTITY",
                "nodeId": "at0004",
                "min": 0,
                "max": -1,
                "localizedNames": {"en": "Rate", "de": "Frequenz"},
                "aqlPath": "/content[openEHR-EHR-OBSERVATION.pulse.v2]/data[at0002]/events[at0003]/value",
                "inContext": False,
                "annotations": {"comment": "at rest"},
                "termBindings": {"LOINC": {"value": "8867-4", "terminologyId": "LOINC"}},
                "inputs": [
                    {"suffix": "magnitude", "type": "DECIMAL", "defaultValue": 0},
                    {
                        "suffix": "unit",
                        "type": "CODED_TEXT",
                        "listOpen": False,
                        "terminology": "ucum",
                        "list": [
                            {
                                "value": "/min",
                                "label": "/min",
                                "localizedLabels": {"de": "/min"},
                                "ordinal": 0,
                                "currentStates": ["526"],
                                "validation": {
                                    "precision": {"min": 0, "minOp": ">=", "max": 0, "maxOp": "<="},
                                    "range": {"min": 0.0, "minOp": ">="},
                                },
                            }
                        ],
                    },
                ],
            }
        ],
    },
}


def test_what_was_read_is_written_as_it_was() -> None:
    template = document.read(PULSE)

    written = document.write(template)

    assert written == PULSE | {"tree": PULSE["tree"]}


def test_fields_have_the_values_of_the_document() -> None:
    (rate,) = document.read(PULSE).tree.children
    magnitude, unit = rate.inputs

    assert rate.repeats
    assert (magnitude.suffix, magnitude.default_value) == ("magnitude", 0)
    assert unit.choices[0].validation == Validation(Range(0, ">=", 0, "<="), Range(0.0, ">="))
    assert [node.id for node in document.read(PULSE).tree.walk()] == ["pulse", "rate"]


def test_a_value_without_a_label_is_read() -> None:
    one = {"type": "INTEGER", "list": [{"value": "1"}]}
    rate = {"id": "rate", "name": "Rate", "rmType": "DV_COUNT", "min": 0, "max": 1, "inputs": [one]}

    (only,) = document.read(PULSE | {"tree": rate}).tree.inputs[0].choices

    assert (only.value, only.label) == ("1", "")


def test_a_slot_of_a_full_tree_stays_one() -> None:
    slot = {"id": "device", "name": "Device", "rmType": "CLUSTER", "min": 0, "max": -1, "isSlot": True}
    pulse: Any = PULSE
    given = {**pulse, "tree": {**pulse["tree"], "children": [slot]}}
    read = document.read(given)
    assert read.tree.children[0].is_slot
    assert document.read(document.write(read)) == read
