"""A template of our own: results of a laboratory, with any number of analytes at any number of times.

Archetype ids, node ids and codes are those under which such data is known everywhere; all words are ours.
"""

from collections.abc import Sequence

from openward_cli.demo.flat import in_context
from openward_cli.demo.opt import bilingual, cluster, composition, entry, history, template
from openward_cli.demo.opt_constraints import Node, coded, element, ordinal, quantity, tree

TEMPLATE_ID = "openward_laboratory.v1"
_UID = "4d0f3f0a-3a3c-4a0e-9f64-2c8b5e7a9c04"

_CONCENTRATION = "119"
"""Code of the group `property` of the openEHR terminology."""
_TESTS = ("24323-8", "58410-2", "24356-8")
_SODIUM, _POTASSIUM, _CREATININE, _PROTEIN = "2951-2", "2823-3", "14682-9", "20454-5"
"""Codes of LOINC."""
_FOUND = ("10828004", "260385009", "82334004")
"""Positive, negative and indeterminate in SNOMED CT."""

_ANALYTE = cluster(
    "openEHR-EHR-CLUSTER.laboratory_test_analyte.v1",
    {
        "at0000": ("Analyte", "One thing that was measured", "Analyt", "Etwas, das gemessen wurde"),
        "at0001": ("Result", "What was found", "Resultat", "Was gefunden wurde"),
        "at0003": ("Comment", "More in words", "Bemerkung", "Mehr in Worten"),
        "at0005": ("Result status", "How final it is", "Stand", "Wie endgültig es ist"),
        "at0017": ("Preliminary", "It may change", "Vorläufig", "Es kann sich ändern"),
        "at0018": ("Final", "It is what it is", "Endgültig", "Es bleibt so"),
        "at0024": ("Analyte name", "What was measured", "Bezeichnung", "Was gemessen wurde"),
        "at0.1": ("None", "Nothing to be seen", "Keine", "Nichts zu sehen"),
        "at0.2": ("Some", "A little", "Wenig", "Ein wenig"),
        "at0.3": ("Much", "A lot", "Viel", "Sehr viel"),
        f"LOINC::{_SODIUM}": ("Sodium", "In plasma", "Natrium", "Im Plasma"),
        f"LOINC::{_POTASSIUM}": ("Potassium", "In plasma", "Kalium", "Im Plasma"),
        f"LOINC::{_CREATININE}": ("Creatinine", "In plasma", "Kreatinin", "Im Plasma"),
        f"LOINC::{_PROTEIN}": ("Protein", "In urine", "Eiweiss", "Im Urin"),
        f"SNOMED-CT::{_FOUND[0]}": ("Positive", "It is there", "Positiv", "Es ist da"),
        f"SNOMED-CT::{_FOUND[1]}": ("Negative", "It is not there", "Negativ", "Es ist nicht da"),
        f"SNOMED-CT::{_FOUND[2]}": ("Indeterminate", "Nobody knows", "Unklar", "Niemand weiss es"),
    },
    element(
        "at0024",
        coded(_SODIUM, _POTASSIUM, _CREATININE, _PROTEIN, terminology="LOINC"),
        Node("DV_TEXT"),
        occurs=(1, 1),
    ),
    element(
        "at0001",
        quantity(
            _CONCENTRATION, ("mmol/L", 0.0, 1000.0, 1), ("umol/L", 0.0, 10000.0, 0), ("g/L", 0.0, 1000.0, 2)
        ),
        coded(*_FOUND, terminology="SNOMED-CT"),
        ordinal((0, "at0.1"), (1, "at0.2"), (2, "at0.3")),
    ),
    element("at0005", coded("at0017", "at0018")),
    element("at0003", Node("DV_TEXT")),
    occurs=(0, None),
)
_RESULT = entry(
    "openEHR-EHR-OBSERVATION.laboratory_test_result.v1",
    {
        "at0000": ("Laboratory result", "What a laboratory found", "Laborbefund", "Was ein Labor fand"),
        "at0001": ("History", "When it was", "Verlauf", "Wann es war"),
        "at0002": ("Any event", "One sample", "Zeitpunkt", "Eine Probe"),
        "at0003": ("Data", "What was found", "Daten", "Was gefunden wurde"),
        "at0004": ("Protocol", "How it was done", "Protokoll", "Wie es gemacht wurde"),
        "at0005": ("Test name", "What was asked for", "Untersuchung", "Was verlangt war"),
        "at0038": ("Final", "All is known", "Endgültig", "Alles ist bekannt"),
        "at0057": ("Conclusion", "What it means", "Beurteilung", "Was es bedeutet"),
        "at0062": ("Order id", "Who asked calls it so", "Auftragsnummer", "So nennt es, wer fragte"),
        "at0073": ("Test status", "How far it is", "Stand", "Wie weit es ist"),
        "at0107": ("Registered", "It has come in", "Registriert", "Es ist eingegangen"),
        "at0037": ("Partial", "Some is missing", "Teilweise", "Einiges fehlt noch"),
        f"LOINC::{_TESTS[0]}": ("Metabolic panel", "Salts and more", "Stoffwechsel", "Salze und mehr"),
        f"LOINC::{_TESTS[1]}": ("Blood count", "Cells of the blood", "Blutbild", "Zellen des Bluts"),
        f"LOINC::{_TESTS[2]}": ("Urine test", "What urine holds", "Urinstatus", "Was der Urin enthält"),
    },
    (0, None),
    data=history(
        ("at0001", "at0002", "at0003"),
        element("at0005", coded(*_TESTS, terminology="LOINC"), Node("DV_TEXT"), occurs=(1, 1)),
        element("at0073", coded("at0107", "at0037", "at0038")),
        _ANALYTE,
        element("at0057", Node("DV_TEXT")),
    ),
    protocol=tree("at0004", element("at0062", Node("DV_IDENTIFIER"))),
)
_REPORT = bilingual(
    "openEHR-EHR-COMPOSITION.report-result.v1",
    composition("433", element("at0002", Node("DV_TEXT"))),
    {
        "at0000": ("Laboratory report", "Report of results", "Laborbericht", "Bericht von Befunden"),
        "at0001": ("Context", "More about the report", "Umstände", "Mehr über den Bericht"),
        "at0002": ("Report id", "What the laboratory calls it", "Berichtsnummer", "Wie das Labor ihn nennt"),
    },
)


def opt() -> bytes:
    """Operational template 1.4 as UTF-8 XML; the same bytes at every call."""
    purpose = {"en": "To report what a laboratory found.", "de": "Um zu berichten, was ein Labor fand."}
    return template(TEMPLATE_ID, _UID, purpose, _REPORT, _RESULT)


Measured = tuple[str, float, str, tuple[float, float]]
"""LOINC code, magnitude, unit, normal range"""


def flat(panels: Sequence[Sequence[Measured]], at: str, *, composer: str) -> dict[str, object]:
    """A FLAT composition: metabolic panels with their analytes, all of one time with zone."""
    values: dict[str, object] = {}
    for number, panel in enumerate(panels):
        event = f"laboratory_report/laboratory_result:{number}/any_event:0"
        values |= {
            f"{event}/time": at,
            f"{event}/test_name|code": _TESTS[0],
            f"{event}/test_status|code": "at0038",
        }
        for place, (code, magnitude, unit, (low, high)) in enumerate(panel):
            analyte = f"{event}/analyte:{place}"
            result = f"{analyte}/result/quantity_value"
            values |= {
                f"{analyte}/analyte_name|code": code,
                f"{result}|magnitude": magnitude,
                f"{result}|unit": unit,
                f"{result}/_normal_range/lower|magnitude": low,
                f"{result}/_normal_range/lower|unit": unit,
                f"{result}/_normal_range/upper|magnitude": high,
                f"{result}/_normal_range/upper|unit": unit,
            }
    return in_context(at, composer) | values
