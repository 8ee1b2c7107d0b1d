"""Coded values: from the lists of a template, from openEHR's terminology, else evidently an example."""

from openward_openehr.examples import reference_model as rm
from openward_openehr.examples.dice import Dice
from openward_openehr.web_template.model import Choice, Input, Node

#: Codes without a list in the template, by what is in the terminology's name.
_KNOWN = (
    ("snomed", (("38341003", "Hypertensive disorder"), ("195967001", "Asthma"))),
    ("loinc", (("8867-4", "Heart rate"), ("8310-5", "Body temperature"))),
    ("icd", (("I10", "Essential (primary) hypertension"), ("J45", "Asthma"))),
    ("openehr", (("10", "mother"), ("9", "father"))),
    ("media-types", (("image/png", "image/png"), ("application/pdf", "application/pdf"))),
)
#: By attribute of the reference model: codes of openEHR's terminology, first those that are often right.
_OF_ATTRIBUTES = {
    "setting": ("228", "225", "232"),
    "math_function": ("146", "144", "145"),
    "category": ("433",),
    "function": ("253",),
}


def input_of(node: Node, suffix: str | None) -> Input | None:
    return next((each for each in node.inputs if each.suffix == suffix), None)


def coded_text(node: Node, dice: Dice) -> rm.Json:
    """Its value is the label in the template's own language: EHRbase compares it."""
    by_code = input_of(node, "code")
    terminology = (by_code and by_code.terminology) or None
    if by_code and by_code.choices:
        chosen = dice.one_of(by_code.choices)
        return rm.coded_text(chosen.label, chosen.value, terminology or "local")
    attribute = node.aql_path.rpartition("/")[2].strip()
    if terms := _OF_ATTRIBUTES.get(attribute):
        return rm.openehr_term(dice.one_of(terms))
    code, value = dice.one_of(_known(terminology))
    return rm.coded_text(value, code, terminology or "local")


def ordinal(node: Node, dice: Dice) -> rm.Json:
    choices = node.inputs[0].choices if node.inputs else ()
    chosen = dice.one_of(choices) if choices else Choice("at0001", "first", ordinal=1)
    symbol = rm.coded_text(chosen.label, chosen.value, "local")
    return {"_type": "DV_ORDINAL", "value": chosen.ordinal or 0, "symbol": symbol}


def _known(terminology: str | None) -> tuple[tuple[str, str], ...]:
    name = (terminology or "").lower()
    return next((codes for part, codes in _KNOWN if part in name), (("example-1", "Example"),))
