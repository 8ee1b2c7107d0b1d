"""Inputs of constraints that have a form of their own: quantities, ordinals, codes, states.

Source: how EHRbase's SDK (2.22) does it. DV_SCALE and DV_STATE, which it refuses, are made like their kin.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Final

from openward_openehr.opt.model import CodeObject, Ordinal, OrdinalObject, QuantityObject, StateObject, Unit
from openward_openehr.reference_model import terminology
from openward_openehr.web_template.compiler.defaults import Defaults
from openward_openehr.web_template.compiler.draft import Step
from openward_openehr.web_template.compiler.java_order import combined_hash, in_set_order, text_hash
from openward_openehr.web_template.compiler.primitives import as_range, number_or_text
from openward_openehr.web_template.compiler.terms import Terms
from openward_openehr.web_template.model import Choice, Input, Validation

_OPENEHR: Final = "openehr"
_REFERENCE: Final = "terminology:"
_ORDERS: Final = 200


def quantity_inputs(constraint: QuantityObject, path: Step, terms: Terms, defaults: Defaults) -> list[Input]:
    """`magnitude` and `unit`; a single unit limits the magnitude itself too."""
    units = tuple(_unit(each, terms) for each in constraint.units)
    assumed = constraint.assumed_magnitude
    magnitude, unit = defaults.value(path, "magnitude"), defaults.value(path, "units")
    if magnitude is None and assumed is not None:
        magnitude = number_or_text(str(assumed))
    return [
        Input(
            "DECIMAL",
            "magnitude",
            validation=units[0].validation if len(units) == 1 else None,
            default_value=magnitude,
        ),
        Input("CODED_TEXT", "unit", units, default_value=constraint.assumed_units if unit is None else unit),
    ]


def _unit(unit: Unit, terms: Terms) -> Choice:
    precision, range_ = as_range(unit.precision), as_range(unit.magnitude)
    limits = Validation(precision, range_) if unit.magnitude or unit.precision else None
    return Choice(unit.units, unit.units, terms.texts(unit.units), validation=limits)


def ordinal_inputs(constraint: OrdinalObject, path: Step, terms: Terms, defaults: Defaults) -> list[Input]:
    choices = tuple(_ordinal(each, terms) for each in constraint.values)
    return [Input("CODED_TEXT", choices=choices, default_value=_default(constraint, path, defaults))]


def _ordinal(ordinal: Ordinal, terms: Terms) -> Choice:
    code = ordinal.symbol.code
    labels, descriptions = terms.texts(code), {terms.language: ""} | dict(terms.descriptions(code))
    value = int(ordinal.value) if ordinal.value == int(ordinal.value) else ordinal.value
    return Choice(code, labels.get(terms.language, ""), labels, descriptions, ordinal=value)  # type: ignore[arg-type]  # DV_SCALE: any number


def state_inputs(constraint: StateObject) -> list[Input]:
    return [Input("CODED_TEXT", "code", tuple(Choice(each, each) for each in constraint.states))]


def code_inputs(
    constraint: CodeObject, path: Step, terms: Terms, defaults: Defaults, languages: tuple[str, ...]
) -> list[Input]:
    """`code`, and `value` where any code of the terminology may be given."""
    terminology_id = constraint.terminology
    if constraint.kind == "C_CODE_REFERENCE":
        terminology_id = constraint.reference_set and constraint.reference_set.removeprefix(_REFERENCE)
    if terminology_id == _OPENEHR:
        choices = _openehr(constraint.codes, languages)
    else:
        found = (_choice(code, terminology_id or "", terms) for code in constraint.codes)
        choices = tuple(each for each in found if each)
    default = _default(constraint, path, defaults)
    code = Input("CODED_TEXT", "code", choices, terminology=terminology_id, default_value=default)
    if choices:
        return [code]
    return [replace(code, type="TEXT"), Input("TEXT", "value", terminology=terminology_id)]


def _default(constraint: OrdinalObject | CodeObject, path: Step, defaults: Defaults) -> float | str | None:
    if constraint.assumed_code is not None:
        return number_or_text(constraint.assumed_code)
    return defaults.value(path, "defining_code")


@lru_cache(_ORDERS)
def _openehr(codes: tuple[str, ...], languages: tuple[str, ...]) -> tuple[Choice, ...]:
    """In English whatever the language, as EHRbase has it, and in its order."""
    rubrics = {code: terminology.rubric(code) for code in codes}
    hashes = [(code, combined_hash(*map(text_hash, (code, says, says)))) for code, says in rubrics.items()]
    return tuple(
        Choice(code, rubrics[code] or "", dict.fromkeys(languages, rubrics[code] or ""))
        for code in in_set_order(hashes)
    )


def _choice(code: str, terminology_id: str, terms: Terms) -> Choice | None:
    """None where the template does not say what the code means."""
    prefix = "" if terminology_id.strip() in ("", "local") else f"{terminology_id}::"
    key = prefix + code if terms.default(prefix + code) else code
    if (term := terms.default(key)) is None:
        return None
    value = term.code.replace(f"{terminology_id}::", "") if terminology_id.strip() else term.code
    descriptions = terms.written_descriptions(key)
    descriptions.setdefault(terms.language, "")
    return Choice(value, term.text or "", terms.texts(key), descriptions)
