"""A template of our own: what medication was ordered, and what was given or stopped.

Archetype ids, node ids and codes are those under which such data is known everywhere; all words are ours.
"""

from collections.abc import Sequence

from openward_cli.demo.flat import in_context
from openward_cli.demo.opt import Words, bilingual, cluster, composition, entry, template
from openward_cli.demo.opt_constraints import Archetype, Node, coded, element, pattern, quantity, tree

TEMPLATE_ID = "openward_medication.v1"
_UID = "1b6c2c57-0f2f-4d0e-8a39-7e1f4b9c8d03"

_MASS, _FREQUENCY, _QUALIFIED_REAL = "124", "382", "380"
"""Codes of the group `property` of the openEHR terminology."""
_PLANNED, _ACTIVE, _SUSPENDED, _COMPLETED = "526", "245", "530", "532"
"""Codes of its group `instruction states`."""

_DRUGS: Words = {
    "ATC::C03CA01": ("Furosemide", "Drains water", "Furosemid", "Schwemmt Wasser aus"),
    "ATC::C07AB07": ("Bisoprolol", "Slows the heart", "Bisoprolol", "Verlangsamt das Herz"),
    "ATC::A10BA02": ("Metformin", "Lowers sugar", "Metformin", "Senkt den Zucker"),
    "ATC::N02BE01": ("Paracetamol", "Eases pain", "Paracetamol", "Lindert Schmerzen"),
}
_ROUTES: Words = {
    "SNOMED-CT::26643006": ("Oral", "By mouth", "Oral", "Durch den Mund"),
    "SNOMED-CT::47625008": ("Intravenous", "Into a vein", "Intravenös", "In eine Vene"),
    "SNOMED-CT::34206005": ("Subcutaneous", "Under the skin", "Subkutan", "Unter die Haut"),
}


def _one_of(words: Words) -> Node:
    """A coded text; all codes are of one terminology."""
    terminology = next(iter(words)).partition("::")[0]
    return coded(*(code.partition("::")[2] for code in words), terminology=terminology)


def _dosage(*more: Archetype) -> Archetype:
    return cluster(
        "openEHR-EHR-CLUSTER.dosage.v2",
        {
            "at0000": ("Dosage", "How much at a time", "Dosierung", "Wie viel auf einmal"),
            "at0144": ("Dose amount", "How many of the unit", "Dosis", "Wie viele der Einheit"),
            "at0145": ("Dose unit", "What is counted", "Dosiseinheit", "Was gezählt wird"),
        },
        element("at0144", quantity(_QUALIFIED_REAL, ("1", 0.0, 1000.0, 2))),
        element("at0145", Node("DV_TEXT")),
        *more,
    )


_TIMING = cluster(
    "openEHR-EHR-CLUSTER.timing_daily.v1",
    {
        "at0000": ("Timing in a day", "When in a day", "Zeitpunkte am Tag", "Wann am Tag"),
        "at0003": ("Frequency", "How often", "Häufigkeit", "Wie oft"),
        "at0004": ("Specific time", "At this time of day", "Uhrzeit", "Um diese Zeit"),
        "at0014": ("Interval", "Time between doses", "Abstand", "Zeit zwischen zwei Gaben"),
        "at0024": ("As required", "Only when it is needed", "Bei Bedarf", "Nur wenn es nötig ist"),
    },
    element("at0003", quantity(_FREQUENCY, ("1/d", 0.0, 24.0, 0), ("1/h", 0.0, 60.0, 0))),
    element("at0014", Node("DV_DURATION", single={"value": pattern("DURATION", "C_DURATION", "PTHM")})),
    element("at0004", Node("DV_TIME"), occurs=(0, None)),
    element("at0024", Node("DV_BOOLEAN")),
)
_DIRECTION = cluster(
    "openEHR-EHR-CLUSTER.therapeutic_direction.v1",
    {"at0000": ("Directions", "How it is to be given", "Anweisung", "Wie es zu geben ist")},
    _dosage(_TIMING),
    occurs=(0, None),
)
_ACTIVITY = Node(
    "ACTIVITY",
    "at0001",
    (1, None),
    single={
        "action_archetype_id": pattern("STRING", "C_STRING", r"openEHR-EHR-ACTION\.medication\.v1"),
        "description": tree(
            "at0002",
            element("at0070", _one_of(_DRUGS), Node("DV_TEXT"), occurs=(1, 1)),
            element("at0091", _one_of(_ROUTES)),
            element("at0009", Node("DV_TEXT")),
            _DIRECTION,
            tree(
                "at0113",
                element("at0012", Node("DV_DATE_TIME")),
                element("at0013", Node("DV_DATE_TIME")),
                rm_type="CLUSTER",
                occurs=(0, 1),
            ),
            tree(
                "at0150",
                element("at0151", quantity(_MASS, ("mg", 0.0, 100000.0, 1), ("g", 0.0, 100.0, 3))),
                rm_type="CLUSTER",
                occurs=(0, 1),
            ),
        ),
    },
)
_ORDER = bilingual(
    "openEHR-EHR-INSTRUCTION.medication_order.v3",
    Node("INSTRUCTION", "at0000", (0, None), multiple={"activities": (_ACTIVITY,)}),
    {
        "at0000": ("Medication order", "What is to be given", "Verordnung", "Was zu geben ist"),
        "at0001": ("Order", "One medication", "Auftrag", "Ein Medikament"),
        "at0002": ("Description", "What and how", "Beschreibung", "Was und wie"),
        "at0009": ("Overall directions", "All of it in words", "Einnahme", "Alles in Worten"),
        "at0012": ("Start", "From when", "Beginn", "Ab wann"),
        "at0013": ("Stop", "Until when", "Ende", "Bis wann"),
        "at0070": ("Medication", "What is ordered", "Medikament", "Was verordnet ist"),
        "at0091": ("Route", "The way into the body", "Weg", "Der Weg in den Körper"),
        "at0113": ("Order details", "About the order", "Zum Auftrag", "Über den Auftrag"),
        "at0150": ("Daily dose", "What it comes to", "Tagesdosis", "Was es zusammen macht"),
        "at0151": ("Daily amount", "In a day", "Tagesmenge", "An einem Tag"),
        **_DRUGS,
        **_ROUTES,
    },
)


def _step(code: str, state: str) -> Node:
    """One step of the care flow, and the state that it leads to."""
    single: dict[str, Node | tuple[Node, ...]] = {
        "current_state": coded(state, terminology="openehr"),
        "careflow_step": coded(code),
    }
    return Node("ISM_TRANSITION", code, single=single)


_ADMINISTRATION = entry(
    "openEHR-EHR-ACTION.medication.v1",
    {
        "at0000": ("Medication step", "What was done", "Schritt", "Was getan wurde"),
        "at0006": ("Given", "A dose was given", "Gegeben", "Eine Dosis wurde gegeben"),
        "at0007": ("Completed", "All was given", "Abgeschlossen", "Alles wurde gegeben"),
        "at0009": ("Paused", "None is given for now", "Ausgesetzt", "Vorerst wird nichts gegeben"),
        "at0016": ("Planned", "It is to begin", "Geplant", "Es soll beginnen"),
        "at0017": ("Description", "What and how", "Beschreibung", "Was und wie"),
        "at0020": ("Medication", "What it was", "Medikament", "Was es war"),
        "at0024": ("Comment", "More in words", "Bemerkung", "Mehr in Worten"),
        "at0140": ("Administration", "How it was given", "Verabreichung", "Wie es gegeben wurde"),
        "at0147": ("Route", "The way into the body", "Weg", "Der Weg in den Körper"),
        **_DRUGS,
        **_ROUTES,
    },
    (0, None),
    ism_transition=(
        _step("at0016", _PLANNED),
        _step("at0006", _ACTIVE),
        _step("at0009", _SUSPENDED),
        _step("at0007", _COMPLETED),
    ),
    description=tree(
        "at0017",
        element("at0020", _one_of(_DRUGS), Node("DV_TEXT"), occurs=(1, 1)),
        _dosage(),
        tree("at0140", element("at0147", _one_of(_ROUTES)), rm_type="CLUSTER", occurs=(0, 1)),
        element("at0024", Node("DV_TEXT")),
    ),
)
_ENCOUNTER = bilingual(
    "openEHR-EHR-COMPOSITION.encounter.v1",
    composition("433", element("at0002", Node("DV_TEXT"))),
    {
        "at0000": ("Medication", "Medication at an encounter", "Medikation", "Medikation bei einem Kontakt"),
        "at0001": ("Context", "More about the encounter", "Umstände", "Mehr über den Kontakt"),
        "at0002": ("Ward", "Where the person was", "Station", "Wo die Person war"),
    },
)


def opt() -> bytes:
    """Operational template 1.4 as UTF-8 XML; the same bytes at every call."""
    purpose = {
        "en": "To order medication and to say what became of it.",
        "de": "Um Medikamente zu verordnen und zu sagen, was daraus wurde.",
    }
    return template(TEMPLATE_ID, _UID, purpose, _ENCOUNTER, _ORDER, _ADMINISTRATION)


def flat(ordered: Sequence[str], given: str, at: str, *, composer: str) -> dict[str, object]:
    """A FLAT composition: orders by their ATC codes, each twice a day by mouth, and a dose that was given."""
    values: dict[str, object] = {
        "medication/medication_step:0/medication|code": given,
        "medication/medication_step:0/time": at,
        "medication/medication_step:0/ism_transition/current_state|code": _ACTIVE,
        "medication/medication_step:0/ism_transition/careflow_step|code": "at0006",
    }
    for number, code in enumerate(ordered):
        instruction = f"medication/medication_order:{number}"
        order = f"{instruction}/order:0"
        dosage = f"{order}/directions:0/dosage"
        values |= {
            f"{instruction}/narrative": "as ordered",
            f"{order}/medication|code": code,
            f"{order}/route|code": "26643006",
            f"{order}/timing": "R/PT12H",
            f"{order}/timing|formalism": "ISO8601",
            f"{order}/action_archetype_id": r"openEHR-EHR-ACTION\.medication\.v1",
            f"{order}/order_details/start": at,
            f"{dosage}/dose_amount|magnitude": 1.0,
            f"{dosage}/dose_amount|unit": "1",
            f"{dosage}/timing_in_a_day/frequency|magnitude": 2,
            f"{dosage}/timing_in_a_day/frequency|unit": "1/d",
        }
    return in_context(at, composer) | values
