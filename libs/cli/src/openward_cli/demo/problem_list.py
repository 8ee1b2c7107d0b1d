"""A template of our own: the problems of a person, as one list that is kept up to date.

Archetype ids, node ids and codes are those under which such data is known everywhere; all words are ours.
"""

from collections.abc import Sequence

from openward_cli.demo.flat import in_context
from openward_cli.demo.opt import bilingual, cluster, composition, entry, template
from openward_cli.demo.opt_constraints import Node, coded, element, tree

TEMPLATE_ID = "openward_problem_list.v1"
_UID = "9f0f1d2c-6f0e-4f55-8a5b-5f0d6c1b7e02"

_HYPERTENSION, _DIABETES, _ASTHMA = "38341003", "44054006", "195967001"
_HEART_FAILURE, _PNEUMONIA = "84114007", "233604007"
_PROBLEMS = (_HYPERTENSION, _DIABETES, _ASTHMA, _HEART_FAILURE, _PNEUMONIA)
"""Of SNOMED CT."""

_QUALIFIER = cluster(
    "openEHR-EHR-CLUSTER.problem_qualifier.v2",
    {
        "at0000": ("Qualifier", "How the problem stands", "Einordnung", "Wie es um das Problem steht"),
        "at0003": ("Status", "Whether it needs care now", "Status", "Ob es jetzt Behandlung braucht"),
        "at0026": ("Active", "It needs care", "Aktiv", "Es braucht Behandlung"),
        "at0027": ("Inactive", "It needs no care", "Inaktiv", "Es braucht keine Behandlung"),
    },
    element("at0003", coded("at0026", "at0027")),
)
_PROBLEM = entry(
    "openEHR-EHR-EVALUATION.problem_diagnosis.v1",
    {
        "at0000": ("Problem", "What ails the person", "Problem", "Was der Person fehlt"),
        "at0001": ("Data", "What is known of it", "Daten", "Was darüber bekannt ist"),
        "at0002": ("Problem name", "What it is called", "Bezeichnung", "Wie das Problem heisst"),
        "at0005": ("Severity", "How bad it is", "Schweregrad", "Wie schlimm es ist"),
        "at0009": ("Description", "More about it in words", "Beschreibung", "Mehr darüber in Worten"),
        "at0030": ("Resolved", "When it was over", "Ende", "Wann es vorbei war"),
        "at0047": ("Mild", "Daily life goes on", "Leicht", "Der Alltag geht weiter"),
        "at0048": ("Moderate", "Daily life is harder", "Mittel", "Der Alltag ist erschwert"),
        "at0049": ("Severe", "Daily life is impossible", "Schwer", "Der Alltag ist unmöglich"),
        "at0073": ("Certainty", "How sure it is", "Sicherheit", "Wie sicher es ist"),
        "at0074": ("Suspected", "It may be so", "Verdacht", "Es könnte so sein"),
        "at0075": ("Probable", "It is likely so", "Wahrscheinlich", "Es ist wohl so"),
        "at0076": ("Confirmed", "It is so", "Gesichert", "Es ist so"),
        "at0077": ("Onset", "When it began", "Beginn", "Wann es begann"),
        "at0032": ("Protocol", "How the list is kept", "Protokoll", "Wie die Liste geführt wird"),
        "at0070": (
            "Last updated",
            "When it was last looked at",
            "Nachgeführt",
            "Wann zuletzt nachgesehen wurde",
        ),
        f"SNOMED-CT::{_HYPERTENSION}": ("Hypertension", "High pressure", "Bluthochdruck", "Hoher Druck"),
        f"SNOMED-CT::{_DIABETES}": ("Type 2 diabetes", "High sugar", "Diabetes Typ 2", "Hoher Zucker"),
        f"SNOMED-CT::{_ASTHMA}": ("Asthma", "Narrow airways", "Asthma", "Enge Atemwege"),
        f"SNOMED-CT::{_HEART_FAILURE}": ("Heart failure", "A weak heart", "Herzschwäche", "Schwaches Herz"),
        f"SNOMED-CT::{_PNEUMONIA}": ("Pneumonia", "Inflamed lungs", "Pneumonie", "Entzündete Lunge"),
    },
    (0, None),
    data=tree(
        "at0001",
        element("at0002", coded(*_PROBLEMS, terminology="SNOMED-CT"), Node("DV_TEXT"), occurs=(1, 1)),
        element("at0077", Node("DV_DATE_TIME")),
        element("at0005", coded("at0047", "at0048", "at0049")),
        element("at0073", coded("at0074", "at0075", "at0076")),
        element("at0009", Node("DV_TEXT")),
        element("at0030", Node("DV_DATE_TIME")),
        _QUALIFIER,
    ),
    protocol=tree("at0032", element("at0070", Node("DV_DATE_TIME"))),
)
_LIST = bilingual(
    "openEHR-EHR-COMPOSITION.problem_list.v1",
    composition("431"),
    {"at0000": ("Problem list", "Problems of the person", "Problemliste", "Probleme der Person")},
)


def opt() -> bytes:
    """Operational template 1.4 as UTF-8 XML; the same bytes at every call."""
    purpose = {"en": "To keep the problems of a person.", "de": "Um die Probleme einer Person zu führen."}
    return template(TEMPLATE_ID, _UID, purpose, _LIST, _PROBLEM)


def flat(problems: Sequence[str], since: str, *, composer: str) -> dict[str, object]:
    """A FLAT composition: problems by their SNOMED CT codes, active since a time with zone, moderate."""
    values: dict[str, object] = {}
    for number, code in enumerate(problems):
        problem = f"problem_list/problem:{number}"
        values |= {
            f"{problem}/problem_name|code": code,
            f"{problem}/onset": since,
            f"{problem}/severity|code": "at0048",
            f"{problem}/qualifier/status|code": "at0026",
        }
    return in_context(since, composer) | values
