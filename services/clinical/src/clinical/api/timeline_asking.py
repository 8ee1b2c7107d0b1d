"""What may be asked of a timeline: in the address what identifies nobody, in a body also words."""

from dataclasses import replace
from typing import Annotated, Any, Final

from openward_contracts.cursor import MAX_CURSOR_LENGTH
from openward_contracts.identifiers import EncounterId, TemplateId
from openward_servicekit.errors import FieldError, Invalid
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from clinical.api.periods import LONGEST_TIME, past_moment, span
from clinical.domain import timeline_filters as filters
from clinical.domain.timeline import Sought

_MOST: Final = 50


class TextInAddress(Invalid):
    """Words of a note may name somebody, and addresses are kept where nobody expects names."""

    slug = "text-in-address"
    _instead = "Words go into the body of POST …/timeline/_search."

    def __init__(self) -> None:
        super().__init__(self._instead, errors=(FieldError(self.slug, self._instead, path="text"),))


def _several(description: str) -> Any:
    return Field(default=[], max_length=_MOST, description=description)


def _time(description: str, **options: Any) -> Any:
    kind: JsonDict = {"format": "date-time"}
    return Field(
        default=None, max_length=LONGEST_TIME, description=description, json_schema_extra=kind, **options
    )


class TimelineListing(BaseModel):
    """Of several values one is enough; different members must all hold."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    archetype: list[str] = _several("entries of any of these; without version: of all versions")
    template_id: list[TemplateId] = _several("any of these")
    concept: list[str] = _several("with any of these codes: `terminology::code`")
    node: list[str] = _several("with any of these values: archetype id and `node` of a value")
    author: list[str] = _several("committed by any of these (`committer.sub`)")
    encounter_id: list[EncounterId] = _several("in any of these encounters")
    start: str | None = _time("not before (RFC 3339)", alias="from")
    end: str | None = _time("before", alias="to")
    as_of: str | None = _time("as it was known at that time (RFC 3339); now, if it is not said")
    total: bool = Field(default=False, description="count all that is asked for")
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=MAX_CURSOR_LENGTH)] | None = None

    def sought(self) -> Sought:
        """Raises FilterMalformed, TimeWithoutZone, TimeMalformed, PeriodReversed, TimeInFuture."""
        return Sought(
            archetypes=filters.archetypes(self.archetype),
            template_ids=tuple(self.template_id),
            concepts=filters.concepts(self.concept),
            nodes=filters.nodes(self.node),
            authors=filters.authors(self.author),
            encounters=tuple(self.encounter_id),
            span=span(self.start, self.end),
            as_of=past_moment(self.as_of, "as_of"),
        )


class TimelineSearch(TimelineListing):
    text: str | None = Field(
        default=None, max_length=400, description="words, all of them, in recorded names and values"
    )

    def sought(self) -> Sought:
        return replace(super().sought(), words=filters.words(self.text))
