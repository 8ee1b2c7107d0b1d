"""What is said of a composition."""

from typing import Annotated, Any

from openward_openehr.validation import Problem, Rule, is_refused
from pydantic import BaseModel, Field


class ProblemView(BaseModel):
    """Nothing of it is a value of the composition."""

    code: Rule
    path: Annotated[str, Field(description="of the composition: a FLAT path, else a JSON Pointer (RFC 6901)")]
    aql_path: str
    label: Annotated[str, Field(description="what the node is called")]
    expected: Annotated[dict[str, Any], Field(description="what would be right: type, range, units, …")]
    found: Annotated[str | None, Field(description="the kind of JSON value that is there, if any is")]
    did_you_mean: Annotated[list[str], Field(description="paths of the template, the closest first")]
    tolerated: Annotated[bool, Field(description="the clinical data repository takes it all the same")]

    @classmethod
    def of(cls, problem: Problem, language: str) -> "ProblemView":
        return cls(
            code=problem.rule,
            path=problem.path,
            aql_path=problem.aql_path,
            label=problem.labels.get(language, problem.label),
            expected=dict(problem.expected),
            found=problem.found,
            did_you_mean=list(problem.did_you_mean),
            tolerated=problem.tolerated,
        )


class ValidationReport(BaseModel):
    """The first thousand problems, in the order of the composition, then what is missing."""

    valid: Annotated[bool, Field(description="no problem but what is tolerated")]
    problems: list[ProblemView]

    @classmethod
    def of(cls, problems: list[Problem], language: str) -> "ValidationReport":
        views = [ProblemView.of(problem, language) for problem in problems]
        return cls(valid=not is_refused(problems), problems=views)
