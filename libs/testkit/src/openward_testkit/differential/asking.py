"""Requests as data: scenarios of asks, in YAML, told in names for which each side has values of its own.

A file holds scenarios by name, a scenario `asks` and what goes before them, `given` (lists of asks in
`given.yaml`). `{name}` stands for what an earlier ask kept; in paths it is quoted. An ask with `each` is one
request for every entry, laid over it. A scenario with `over` is run once for each of those values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field

_GIVEN: Final = "given.yaml"
_MERGED: Final = ("headers", "edit", "keep")


class Ask(BaseModel):
    """One request.

    `ask`: method and path below the base of ITS-REST, or after `root:` below the host. `direct`: the path at
    EHRbase where it has another. Headers without value are not sent. The body is a named one (`body`, with
    `edit`: by JSON pointer the value, or null to leave it out; in XML by text its replacement), `content` as
    JSON or `text` as it stands. `keep`: by name, what to remember of the answer: `etag`, `location` (its last
    segment) or a JSON pointer. `alias`: by the base that EHRbase has. `same`: both are asked about what was
    written here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: str
    direct: str = ""
    headers: dict[str, str | None] = Field(default_factory=dict)
    body: str = ""
    content: Any = None
    text: str | None = None
    edit: dict[str, Any] = Field(default_factory=dict)
    keep: dict[str, str] = Field(default_factory=dict)
    user: str = "ada"
    alias: bool = False
    same: bool = False

    @property
    def method(self) -> str:
        return self.ask.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.ask.partition(" ")[2]

    @property
    def direct_path(self) -> str:
        return self.direct or self.path

    def __str__(self) -> str:
        told = self.model_dump(exclude_defaults=True, exclude={"ask", "keep", "direct"})
        return " ".join([self.ask, *(f"{name}={value}" for name, value in told.items())])[:400]


@dataclass(frozen=True)
class Scenario:
    """`values` are those of `over`, known to both sides from the start."""

    name: str
    values: Mapping[str, str]
    asks: tuple[Ask, ...]


def scenarios(folder: Path) -> Iterator[Scenario]:
    """Of all files of the folder. Raises ValidationError for what is no ask."""
    given = _read(folder / _GIVEN)
    for file in sorted(folder.glob("*.yaml")):
        if file.name != _GIVEN:
            for name, told in _read(file).items():
                yield from _scenarios(f"{file.stem}: {name}", told, given)


def _scenarios(name: str, told: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[Scenario]:
    before = [ask for each in told.get("given", ()) for ask in given[each]]
    asks = tuple(Ask(**ask) for raw in (*before, *told["asks"]) for ask in _laid_over(raw))
    for values in told.get("over", [{}]):
        yield Scenario(" ".join([name, *values.values()]), values, asks)


def _laid_over(raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    common = {name: value for name, value in raw.items() if name != "each"}
    for entry in raw.get("each", [{}]):
        merged = {name: {**common.get(name, {}), **entry.get(name, {})} for name in _MERGED}
        yield {**common, **entry, **{name: value for name, value in merged.items() if value}}


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content
