"""What a snapshot has: a mapping file.

    [[sections]]
    name = "problems"
    label = { en = "Problems", de = "Probleme" }
    most = 100
    order = "newest"                                       # or "title"; what is inactive comes last

    [[sections.items]]
    archetype = "openEHR-EHR-EVALUATION.problem_diagnosis.v1"
    each = ""                                              # what is one item, if not the entry: an activity
    title = ["/data[at0001]/items[at0002]"]                # the first that is there
    details.onset = ["/data[at0001]/items[at0077]"]
    inactive = [{ node = "/data[at0001]/items[at0030]" }]  # it is there
    excluded = []                                          # the same: then it is no item

    [[sections]]
    name = "vitals"
    label = { en = "Vital signs" }
    measurements = ["systolic"]                            # the latest of each, by the file of measurements

A rule of `inactive` and `excluded` may ask for more than that a value is there: `codes`, for one of these;
`past`, for a time that is over.
"""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from clinical.domain.mapping_files import MappingUnreadable, read_mapping
from clinical.domain.measurements import Alias, Labels, Measurements, Node

_ARCHETYPE: Final = "openEHR-EHR-EVALUATION.some.v1"
_STRUCTURE: Final = re.compile(r"(?:/[a-z_]{1,40}(?:\[[A-Za-z0-9_.+-]{1,300}\])?){0,40}", re.ASCII)
_MOST_ITEMS: Final = 500


def _path(text: str) -> str:
    node = Node.read(f"{_ARCHETYPE}{text}")
    if node is None:
        raise PydanticCustomError("path", "must be a path of node ids")
    return node.node.removeprefix(_ARCHETYPE)


def _structure(text: str) -> str:
    if not _STRUCTURE.fullmatch(text):
        raise PydanticCustomError("path", "must be a path of node ids")
    return text


def _archetype(text: str) -> str:
    if Node.read(f"{text}/data") is None:
        raise PydanticCustomError("archetype", "must be an archetype id")
    return text


Path = Annotated[str, AfterValidator(_path)]
Paths = Annotated[list[Path], Field(min_length=1)]


class Rule(BaseModel):
    """A value at `node`: with one of `codes`, if there are any; a time that is `past`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    node: Path
    codes: tuple[str, ...] = ()
    past: bool = False


class Kind(BaseModel):
    """What is made of entries of one archetype."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    archetype: Annotated[str, AfterValidator(_archetype)]
    each: Annotated[str, AfterValidator(_structure)] = ""
    title: Paths
    details: dict[Alias, Paths] = {}
    inactive: tuple[Rule, ...] = ()
    excluded: tuple[Rule, ...] = ()


class Section(BaseModel):
    """Either items or measurements."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Alias
    label: Labels
    most: Annotated[int, Field(gt=0, le=_MOST_ITEMS)] = 100
    order: Literal["newest", "title"] = "newest"
    items: tuple[Kind, ...] = ()
    measurements: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if bool(self.items) == bool(self.measurements):
            raise PydanticCustomError("section", "must have either items or measurements")
        return self


class SnapshotMapping(BaseModel):
    """Sections in the order in which they are told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=50)]

    @classmethod
    def read(cls, text: str, measurements: Measurements) -> Self:
        """Raises MappingUnreadable, also for a measurement that has no name."""
        mapping = read_mapping(cls, text)
        names = [section.name for section in mapping.sections]
        if len(set(names)) < len(names):
            raise MappingUnreadable("sections: two have the same name")
        for section in mapping.sections:
            for name in section.measurements:
                if name not in measurements.by_alias:
                    raise MappingUnreadable(f"sections.{section.name}.measurements: none is called {name}")
        return mapping

    @property
    def archetypes(self) -> frozenset[str]:
        return frozenset(kind.archetype for section in self.sections for kind in section.items)
