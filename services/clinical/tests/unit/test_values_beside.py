"""Which codes stand beside a value: those of the same structure, of terminologies."""

from typing import Any

from clinical.domain.extraction import extract


def element(code: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"_type": "ELEMENT", "archetype_node_id": code, "name": {"value": code}, "value": value}


def coded(terminology: str, code: str) -> dict[str, Any]:
    phrase = {"terminology_id": {"value": terminology}, "code_string": code}
    return {"_type": "DV_CODED_TEXT", "value": code, "defining_code": phrase}


def analyte(name: str, magnitude: float, place: int) -> dict[str, Any]:
    return {
        "_type": "CLUSTER",
        "archetype_node_id": "openEHR-EHR-CLUSTER.laboratory_test_analyte.v1",
        "name": {"value": f"a/b[{place}]"},
        "items": [
            element("at0024", coded("LOINC", name)),
            element("at0001", {"_type": "DV_QUANTITY", "magnitude": magnitude, "units": "mmol/L"}),
            element("at0005", coded("local", "at0018")),
        ],
    }


def test_codes_of_terminologies_are_beside_what_is_in_the_same_structure() -> None:
    items = [element("at0005", coded("LOINC", "panel")), analyte("Na", 140.0, 1), analyte("K", 4.0, 2)]
    composition = {
        "_type": "COMPOSITION",
        "archetype_node_id": "openEHR-EHR-COMPOSITION.report.v1",
        "content": [
            {
                "_type": "EVALUATION",
                "archetype_node_id": "openEHR-EHR-EVALUATION.results.v1",
                "data": {"_type": "ITEM_TREE", "archetype_node_id": "at0001", "items": items},
            }
        ],
    }
    extracted = extract(composition)
    assert extracted is not None
    (entry,) = extracted.entries
    assert [(value.text, value.beside) for value in entry.plotted] == [
        ("panel", ()),
        ("Na", ()),
        ("140 mmol/L", ("LOINC::Na",)),
        ("at0018", ("LOINC::Na",)),
        ("K", ()),
        ("4 mmol/L", ("LOINC::K",)),
        ("at0018", ("LOINC::K",)),
    ]
