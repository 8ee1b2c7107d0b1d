"""The FHIR R4 view of the clinical record: what is mapped, and what of it the CapabilityStatement tells.

`clinical` shows it and `patients` serves the CapabilityStatement of the whole base: both read the same file.
"""

import tomllib
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

_Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_Uri = Annotated[str, StringConstraints(pattern=r"^(https?://|urn:)\S+$", max_length=500)]
_Code = Annotated[str, StringConstraints(pattern=r"^[^\s]+( [^\s]+)*$", max_length=200)]
_Node = Annotated[str, StringConstraints(pattern=r"^/\S+$", max_length=1000)]
_Archetype = Annotated[
    str, StringConstraints(pattern=r"^openEHR-EHR-OBSERVATION\.[A-Za-z0-9_-]+\.v[0-9]\S*$", max_length=200)
]

VITAL_SIGNS: Final = "vital-signs"
CATEGORIES: Final = "http://terminology.hl7.org/CodeSystem/observation-category"


class ViewInvalid(ValueError):  # noqa: N818  named for what the file is
    """The mapping file cannot be read, or says something that cannot be; the text tells where."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MappedCoding(_Part):
    system: _Uri
    code: _Code
    display: _Text | None = None


class MappedValue(_Part):
    """`units`: openEHR's to UCUM's; `terms`: `terminology::code` to a coding. One of the two."""

    node: _Node
    units: dict[_Text, _Code] = {}
    terms: dict[_Text, MappedCoding] = {}

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if bool(self.units) is bool(self.terms):
            raise ValueError("needs units or terms, and not both")
        return self


class MappedComponent(MappedValue):
    """`required`: an Observation without it is not of the profile."""

    code: MappedCoding
    required: bool = False


class MappedExtension(MappedValue):
    """A term that FHIR says of the whole Observation, in an extension of its own."""

    url: _Uri

    @model_validator(mode="after")
    def _is_a_term(self) -> Self:
        if not self.terms:
            raise ValueError("needs terms")
        return self


class MappedObservation(_Part):
    archetype: _Archetype
    codes: Annotated[tuple[MappedCoding, ...], Field(min_length=1)]
    category: _Code = VITAL_SIGNS
    profile: _Uri | None = None
    value: MappedValue | None = None
    components: tuple[MappedComponent, ...] = ()
    extensions: tuple[MappedExtension, ...] = ()

    @model_validator(mode="after")
    def _holds_one_or_several(self) -> Self:
        if (self.value is None) is not bool(self.components):
            raise ValueError("needs a value or components, and not both")
        if len(self.by_node) < len(self._measured) + len(self.extensions):
            raise ValueError("names a node twice")
        return self

    @cached_property
    def by_node(self) -> dict[str, MappedValue]:
        return {value.node: value for value in (*self._measured, *self.extensions)}

    @property
    def _measured(self) -> Sequence[MappedValue]:
        return (self.value,) if self.value else self.components


class FhirView(_Part):
    observation: Annotated[tuple[MappedObservation, ...], Field(max_length=1000)] = ()

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        if len(self.by_archetype) < len(self.observation):
            raise ValueError("maps an archetype twice")
        return self

    @cached_property
    def by_archetype(self) -> dict[str, MappedObservation]:
        return {each.archetype: each for each in self.observation}


def checked_file(path: Path) -> Path:
    """For settings: the path of a file that can be read as a view. Raises ViewInvalid."""
    read_view(path)
    return path


def read_view(path: Path | None = None) -> FhirView:
    """The file's; without one what is shipped. Raises ViewInvalid."""
    try:
        text = path.read_text() if path else files(__package__).joinpath("fhir_view.toml").read_text()
        return FhirView.model_validate(tomllib.loads(text))
    except OSError as error:
        raise ViewInvalid(f"cannot read {path}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ViewInvalid(f"{path}: {where}: {first['msg']}") from None
    except ValueError as error:  # no TOML, or no UTF-8
        raise ViewInvalid(f"{path}: {error}") from None


#: Name, type, documentation.
Parameter = tuple[str, str, str]
_DATES: Final = "Prefixes eq, ge, gt, le, lt, sa, eb."
OBSERVATION_PARAMETERS: Final[Sequence[Parameter]] = (
    ("_id", "token", ""),
    ("_lastUpdated", "date", _DATES),
    ("category", "token", ""),
    ("code", "token", "Of the Observation, not of its components."),
    ("date", "date", f"The time of the event. {_DATES}"),
    ("encounter", "reference", "Encounter/[id]."),
    ("patient", "reference", "Patient/[id]; needed, unless _id is given."),
    ("status", "token", ""),
    ("subject", "reference", "As patient."),
)
ENCOUNTER_PARAMETERS: Final[Sequence[Parameter]] = (
    ("_id", "token", ""),
    ("_lastUpdated", "date", _DATES),
    ("class", "token", ""),
    ("date", "date", f"The period; one that has not ended goes on. {_DATES}"),
    ("patient", "reference", "Patient/[id]."),
    ("status", "token", ""),
    ("subject", "reference", "As patient."),
)
_DEFINITIONS: Final = "http://hl7.org/fhir/SearchParameter"
#: Defined for several resources at once.
_CLINICAL: Final = frozenset({"code", "date", "encounter", "patient"})
_OBSERVATION: Final = (
    "Read only, of the latest version of each openEHR composition. An entry is shown if everything that it"
    " says of its subject has a place in the mapping: one with a value, unit, term, kind of event or other"
    " subject that has none is not shown at all, rather than in part. Its id names the composition, the entry"
    " and the event; its version is the composition's. The caller needs the right to the composition's"
    " template, too."
)
_ENCOUNTER: Final = "Read only; opened, moved and ended at /api/clinical/v1."


def capabilities(view: FhirView) -> list[dict[str, Any]]:
    """`CapabilityStatement.rest.resource` of what `clinical` shows."""
    profiles = [each.profile for each in view.observation if each.profile]
    observation = _resource("Observation", _OBSERVATION, OBSERVATION_PARAMETERS)
    if profiles:
        observation["supportedProfile"] = list(dict.fromkeys(profiles))
    return [observation, _resource("Encounter", _ENCOUNTER, ENCOUNTER_PARAMETERS)]


def _resource(kind: str, documentation: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
    return {
        "type": kind,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{kind}",
        "documentation": documentation,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "versioned",
        "readHistory": False,
        "updateCreate": False,
        "conditionalRead": "not-match",
        "searchParam": [
            {"name": name, "definition": _definition(kind, name), "type": type_}
            | ({"documentation": text} if text else {})
            for name, type_, text in parameters
        ],
    }


def _definition(kind: str, name: str) -> str:
    """The canonical URL of HL7's definition (R4, searchparameter-registry.html)."""
    if name in _CLINICAL:
        return f"{_DEFINITIONS}/clinical-{name}"
    return f"{_DEFINITIONS}/Resource-{name[1:]}" if name.startswith("_") else f"{_DEFINITIONS}/{kind}-{name}"
