"""What goes over the wire at `/api/patients/v1/imports`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from patients.domain.imports.job import NOT_KEPT, Format, Import, Problem, State


class ImportView(BaseModel):
    id: UUID
    format: Format
    source: str | None
    state: State
    lines: int = Field(description="settled so far: the next line to send is the one after")
    registered: int
    known: int = Field(description="lines of people who were registered before, by an identifier")
    refused: int = Field(description="lines with errors")
    rate: float = Field(description="lines per second")
    created_at: datetime
    created_by: str = Field(description="`sub` of whoever started it")
    updated_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, job: Import) -> "ImportView":
        return cls(
            id=job.id,
            format=job.settings.format,
            source=job.settings.source,
            state=job.state,
            lines=job.lines,
            registered=job.registered,
            known=job.known,
            refused=job.refused,
            rate=round(job.rate, 1),
            created_at=job.created_at,
            created_by=job.created_by.sub,
            updated_at=job.updated_at,
            finished_at=job.finished_at,
        )


class ProblemView(BaseModel):
    """`warning`: the line is registered without what `pointer` names."""

    line: int
    severity: Literal["error", "warning"]
    code: str
    pointer: str
    detail: str

    @classmethod
    def of(cls, problem: Problem) -> "ProblemView":
        return cls(
            line=problem.line,
            severity="warning" if problem.code == NOT_KEPT else "error",
            code=problem.code,
            pointer=problem.pointer,
            detail=problem.detail,
        )


class ProblemPage(BaseModel):
    items: list[ProblemView]
    next: str | None = Field(default=None, description="`after` of the next page, if there may be one")

    @classmethod
    def of(cls, found: Sequence[tuple[int, Problem]], limit: int) -> "ProblemPage":
        items = [ProblemView.of(problem) for _, problem in found]
        if len(found) < limit:
            return cls(items=items)
        position, last = found[-1]
        return cls(items=items, next=f"{last.line}.{position}")


class Completion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lines: Annotated[int, Field(ge=0)] | None = Field(default=None, description="how many the file has")
