"""The fields that a template gives a form: read from its web template (version 2.3, as EHRbase makes it)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Range = tuple[float | None, float | None]
"""Lowest and highest value, both allowed; None is no limit."""


@dataclass(frozen=True)
class Field:
    """`units`: unit -> range, `%` for a proportion; `choices`: code -> label."""

    aql_path: str
    rm_type: str
    units: Mapping[str, Range] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        ranges = [f"{_said(limits)} {unit}" for unit, limits in self.units.items()]
        return " or ".join(ranges) + ", ".join(f"{label} ({code})" for code, label in self.choices.items())


def fields(web_template: Mapping[str, Any]) -> dict[str, Field]:
    """By FLAT path without indices, such as `vital_signs/pulse/any_event/rate`; context is left out."""
    return dict(_fields(web_template["tree"], ""))


def _fields(node: Mapping[str, Any], parent: str) -> Iterator[tuple[str, Field]]:
    path = f"{parent}/{node['id']}".removeprefix("/")
    if node.get("inputs") and not node.get("inContext"):
        yield path, _field(node)
    for child in node.get("children", ()):
        yield from _fields(child, path)


def _field(node: Mapping[str, Any]) -> Field:
    inputs = {given.get("suffix", ""): given for given in node["inputs"]}
    made = Field(node["aqlPath"], node["rmType"])
    match node["rmType"]:
        case "DV_QUANTITY":
            units = {unit["value"]: _range(unit) for unit in inputs["unit"]["list"]}
            return Field(made.aql_path, made.rm_type, units=units)
        case "DV_PROPORTION":
            return Field(made.aql_path, made.rm_type, units={"%": _range(inputs["numerator"])})
        case "DV_CODED_TEXT":
            choices = {choice["value"]: choice["label"] for choice in inputs["code"].get("list", ())}
            return Field(made.aql_path, made.rm_type, choices=choices)
        case _:
            return made


def _said(limits: Range) -> str:
    low, high = ("" if limit is None else f"{limit:g}" for limit in limits)
    return f"{low} to {high}".strip() if low or high else "any"


def _range(given: Mapping[str, Any]) -> Range:
    found = given.get("validation", {}).get("range", {})
    return found.get("min"), found.get("max")
