"""An import, and what its use cases need from outside."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol, Self
from uuid import UUID

from openward_contracts.actor import Actor
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from patients.domain.imports.settling import Ready
from patients.domain.imports.splitting import Chunk
from patients.domain.imports.table import Mapping
from patients.domain.record import Part
from patients.domain.text import Text

#: Code of a problem that refuses nothing: the line is registered without this element.
NOT_KEPT = "not-kept"
#: Problems told of one line.
MOST_PROBLEMS = 20


class Format(StrEnum):
    """`ndjson`: FHIR R4 Patient resources; `native`: records as this API has them; `csv`: with a mapping."""

    NDJSON = "ndjson"
    NATIVE = "native"
    CSV = "csv"


class State(StrEnum):
    RECEIVING = "receiving"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ImportSettings(Part):
    """How the lines are to be read. One import takes one file."""

    format: Format
    mapping: Mapping | None = Field(default=None, description="of a CSV file, and of no other")
    source: Annotated[Text, Field(max_length=100)] | None = Field(
        default=None, description="what the importer calls the system that the lines come from"
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if (self.format is Format.CSV) != (self.mapping is not None):
            raise PydanticCustomError("mapping", "CSV needs a mapping, and nothing else has one")
        return self


@dataclass(frozen=True, slots=True)
class Import:
    """`lines` are settled: registered, known before or refused (and a CSV header, and blank lines).

    `header` is empty until the first line of a CSV file came. `seconds` is the time spent on the lines.
    """

    id: UUID
    settings: ImportSettings
    header: tuple[str, ...]
    state: State
    lines: int
    registered: int
    known: int
    refused: int
    seconds: float
    created_at: datetime
    created_by: Actor
    updated_at: datetime
    finished_at: datetime | None

    @property
    def rate(self) -> float:
        """Lines per second."""
        return self.lines / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Of a line: where (RFC 6901 pointer, or a column), which rule. Never the value."""

    line: int
    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chunk that was read: who is ready to be registered, and what is wrong with the other lines."""

    chunk: Chunk
    ready: Sequence[Ready]
    problems: Sequence[Problem]
    header: tuple[str, ...]


class Sending(Protocol):
    """The lines of one import, sent by one request: nobody else sends any until it ends."""

    job: Import
    """As it was at the beginning."""

    async def prepare(self, chunk: Chunk, header: tuple[str, ...]) -> Prepared: ...

    async def settle(self, prepared: Prepared) -> None:
        """Register who is new, note the others, move the import forward: all of it or nothing.

        Raises ImportClosed, RegistryBusy, RegistryTimeout.
        """


class ImportRepository(Protocol):
    async def add(self, import_id: UUID, settings: ImportSettings, actor: Actor) -> Import:
        """Make it; the one that is there if it has the same settings. Raises ImportExists."""

    async def get(self, import_id: UUID) -> Import:
        """Raises ImportNotFound."""

    async def problems(
        self, import_id: UUID, after: tuple[int, int], limit: int
    ) -> Sequence[tuple[int, Problem]]:
        """Those after a line and position, each with its position in the line, in this order."""

    async def finish(self, import_id: UUID, state: State, lines: int | None) -> Import:
        """Raises ImportNotFound, ImportClosed when it has ended otherwise, ImportIncomplete, ImportInUse."""

    def sending(self, import_id: UUID, actor: Actor) -> AbstractAsyncContextManager[Sending]:
        """Raises ImportNotFound, ImportInUse, ImportClosed, ImportsBusy."""
