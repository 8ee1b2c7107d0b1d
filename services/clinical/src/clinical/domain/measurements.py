"""Which measurements have a name here, and under which nodes of archetypes their values are: a mapping file.

    [spellings]
    "°C" = "Cel"

    [measurements.systolic]
    label = { en = "Systolic blood pressure", de = "Systolischer Blutdruck" }
    unit = "mm[Hg]"
    nodes = ["openEHR-EHR-OBSERVATION.blood_pressure.v2/data[at0001]/events[at0006]/…/items[at0004]"]

A node is an archetype id and the path in it by node ids; `{ node = …, code = "LOINC::2823-3" }` where what is
measured is told by a code beside it. `spellings`: units as older archetypes have them, and UCUM's for them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

from openward_servicekit.errors import FieldError, Malformed
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from clinical.domain.languages import label_in
from clinical.domain.mapping_files import read_mapping

_ARCHETYPE: Final = r"openEHR-EHR-[A-Z_]{1,40}\.[A-Za-z0-9_-]{1,200}\.v\d[A-Za-z0-9.+-]{0,40}"
_STEP: Final = r"/[a-z_]{1,40}(?:\[[A-Za-z0-9_.+-]{1,300}\])?"
_NODE: Final = re.compile(rf"({_ARCHETYPE})((?:{_STEP}){{1,40}})", re.ASCII)
_ALIAS: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_CODE: Final = re.compile(r"[A-Za-z0-9_.()/ -]{1,80}::[!-9;-~]{1,80}", re.ASCII)
#: Ends of AQL paths to the same value.
_MAGNITUDE: Final = "/magnitude"
_ELEMENT: Final = re.compile(r"/items?(?:\[[^\]]*\])?\Z")


class NodeUnknown(Malformed):
    """Neither the name of a measurement nor a node; `path` or `pointer`: where it was sent."""

    slug = "node-unknown"

    def __init__(self, *, path: str | None = None, pointer: str | None = None) -> None:
        detail = (
            "It is neither a measurement that has a name here nor an archetype id with a path of node ids."
        )
        super().__init__(detail, errors=(FieldError(self.slug, detail, pointer, path),))


@dataclass(frozen=True, slots=True)
class Node:
    """`node`: as `recorded_value.node` has it; `code`: of a sibling of the value, `terminology::code`."""

    node: str
    code: str | None = None

    @classmethod
    def read(cls, text: str, code: str | None = None) -> Self | None:
        """None if it is no node. Paths that end at the element or at the magnitude lead to the same."""
        found = _NODE.fullmatch(text)
        if found is None or (code is not None and not _CODE.fullmatch(code)):
            return None
        node = text.removesuffix(_MAGNITUDE)
        return cls(node + "/value" if _ELEMENT.search(node) else node, code)


@dataclass(frozen=True, slots=True)
class Measurement:
    """`alias` is None of a node that the caller named; `labels` by language."""

    alias: str | None
    nodes: tuple[Node, ...]
    unit: str | None
    labels: Mapping[str, str]

    def label(self, languages: Sequence[str]) -> str | None:
        return label_in(languages, self.labels)


@dataclass(frozen=True)
class Measurements:
    """What has a name. `spellings`: units as they are written, to UCUM's."""

    by_alias: Mapping[str, Measurement]
    spellings: Mapping[str, str]

    @classmethod
    def read(cls, text: str) -> Self:
        """Of a mapping file. Raises MappingUnreadable."""
        file = read_mapping(_File, text)
        named = {alias: each.named(alias) for alias, each in file.measurements.items()}
        return cls(named, file.spellings)

    def of(self, name: str, code: str | None = None) -> Measurement | None:
        """By its alias, or by a node; None if it is neither."""
        if code is None and name in self.by_alias:
            return self.by_alias[name]
        node = Node.read(name, code)
        return Measurement(None, (node,), None, {}) if node else None

    def ucum(self, unit: str | None) -> str | None:
        """The unit as UCUM has it, if it is known to be spelled otherwise."""
        return self.spellings.get(unit, unit) if unit else unit


def _node(value: Any) -> Node:
    given = {"node": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping) or not given.keys() <= {"node", "code"}:
        raise PydanticCustomError("node", "must be a node, or a table of node and code")
    node = Node.read(str(given.get("node")), given.get("code"))
    if node is None:
        raise PydanticCustomError("node", "must be an archetype id with a path of node ids")
    return node


def _named(value: str) -> str:
    if not _ALIAS.fullmatch(value):
        raise PydanticCustomError("alias", "must be of lower-case letters, digits and underscores")
    return value


Alias = Annotated[str, AfterValidator(_named)]
Labels = Annotated[dict[str, str], Field(min_length=1)]


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    label: Labels
    unit: str | None = None
    nodes: list[Annotated[Node, BeforeValidator(_node)]] = Field(min_length=1)

    def named(self, alias: str) -> Measurement:
        return Measurement(alias, tuple(self.nodes), self.unit, self.label)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    spellings: dict[str, str] = {}
    measurements: dict[Alias, _Named]
