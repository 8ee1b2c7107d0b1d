"""What is wrong in a composition, as every service tells it: never a value, for values are of a patient."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field


class Found(Protocol):
    """A problem as a validator finds it; `labels` of its node by language, `label` in the template's own."""

    @property
    def rule(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def aql_path(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def expected(self) -> Mapping[str, Any]: ...
    @property
    def found(self) -> str | None: ...
    @property
    def did_you_mean(self) -> tuple[str, ...]: ...
    @property
    def tolerated(self) -> bool: ...


class CompositionProblem(BaseModel):
    """Nothing of it is a value of the composition."""

    model_config = ConfigDict(frozen=True)

    code: Annotated[str, Field(description="what was broken; stable", examples=["out-of-range"])]
    path: Annotated[str, Field(description="of the composition: a FLAT path, else a JSON Pointer (RFC 6901)")]
    aql_path: str
    label: Annotated[str, Field(description="what the node is called")]
    expected: Annotated[dict[str, Any], Field(description="what would be right: type, range, units, …")]
    found: Annotated[str | None, Field(description="the kind of JSON value that is there, if any is")]
    did_you_mean: Annotated[list[str], Field(description="paths of the template, the closest first")]
    tolerated: Annotated[bool, Field(description="the clinical data repository takes it all the same")]

    @classmethod
    def of(cls, found: Found, language: str | None) -> Self:
        """`language` of its label, as the template tags it."""
        return cls(
            code=found.rule,
            path=found.path,
            aql_path=found.aql_path,
            label=found.labels.get(language, found.label) if language else found.label,
            expected=dict(found.expected),
            found=found.found,
            did_you_mean=list(found.did_you_mean),
            tolerated=found.tolerated,
        )


class ValidationReport(BaseModel):
    """The first thousand problems, in the order of the composition, then what is missing."""

    valid: Annotated[bool, Field(description="no problem but what is tolerated")]
    problems: list[CompositionProblem]

    @classmethod
    def of(cls, found: Iterable[Found], language: str | None) -> Self:
        problems = [CompositionProblem.of(each, language) for each in found]
        return cls(valid=all(each.tolerated for each in problems), problems=problems)
