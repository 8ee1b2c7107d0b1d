"""Problems with members of their own, for the API's description: errors of the domain say what is in them."""

from typing import Any, Final

from openward_contracts.composition_problem import CompositionProblem
from openward_contracts.identifiers import EncounterId
from openward_contracts.problem import Problem
from pydantic import Field

from clinical.api.query_product_views import FindingView

_Responses = dict[int | str, dict[str, Any]]


class CompositionRefused(Problem):
    """`composition-rejected` has `problems`: each with its path, and never a value."""

    problems: tuple[CompositionProblem, ...] | None = None


class QueryRefused(Problem):
    """Of a text that cannot be read, or is not bound to what the caller may see: where."""

    line: int | None = Field(default=None, ge=1)
    column: int | None = Field(default=None, ge=1)


class SeriesRefused(Problem):
    """`series-too-long`: at most `limit` points; `step` will do."""

    limit: int | None = None
    step: str | None = Field(default=None, examples=["PT1H"])


class EncounterConflict(Problem):
    """`encounter-overlap`: `encounter_id` is the open in-patient encounter."""

    encounter_id: EncounterId | None = None


class ProductRefused(Problem):
    """`query-product-refused`: everything that is wrong with it."""

    findings: tuple[FindingView, ...] | None = None


class TemplatesMissing(Problem):
    """`query-product-template-retired`: which."""

    templates: tuple[str, ...] | None = None


COMPOSITION_REFUSED: Final[_Responses] = {422: {"model": CompositionRefused}}
QUERY_REFUSED: Final[_Responses] = {status: {"model": QueryRefused} for status in (400, 403)}
SERIES_REFUSED: Final[_Responses] = {422: {"model": SeriesRefused}}
ENCOUNTER_CONFLICT: Final[_Responses] = {409: {"model": EncounterConflict}}
PRODUCT_REFUSED: Final[_Responses] = {422: {"model": ProductRefused}}
TEMPLATES_MISSING: Final[_Responses] = {409: {"model": TemplatesMissing}}
