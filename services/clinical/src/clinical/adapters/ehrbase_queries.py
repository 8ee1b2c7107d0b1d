"""AQL at EHRbase: one request, its answer handed on as it comes, for so long and so much."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from openward_servicekit.errors import Failure
from openward_servicekit.http import AsyncClient, Timeout, upstream_errors

from clinical.adapters.ehrbase_upstream import refused
from clinical.adapters.ehrbase_way import REPORT
from clinical.domain.errors import QueryAnswerTooLarge, QueryRejected, QueryTimeout
from clinical.domain.querying import Demand
from clinical.domain.refusals import ContentRejected, RequestRefused

_QUERY: Final = "rest/openehr/v1/query/aql"
_TEMPLATES: Final = "rest/openehr/v1/definition/template/adl1.4"
#: Seconds. For so long a new template may be unknown to a scope with a wildcard.
_TEMPLATES_KNOWN: Final = 30.0
_ANY: Final = Demand()
#: Some messages quote the query: only digits are taken from them.
_WHERE: Final = re.compile(r"line (\d+): char (\d+)")


@dataclass(frozen=True)
class AnswerLimits:
    """`seconds` until the answer is here as a whole."""

    seconds: float
    size: int


class EhrbaseQueries:
    """The QueryEngine port on a client whose base URL is `…/ehrbase/` and which has EHRbase's credentials."""

    def __init__(self, client: AsyncClient, limits: AnswerLimits) -> None:
        self._client = client
        self._limits = limits
        self._templates: tuple[float, Sequence[str]] = (0.0, ())

    async def run(
        self, asked: Mapping[str, object], take: Callable[[bytes], None], demand: Demand = _ANY
    ) -> None:
        seconds = min(self._limits.seconds, demand.seconds or self._limits.seconds)
        way = dict(REPORT) if demand.report else {}
        try:
            async with asyncio.timeout(seconds), upstream_errors("ehrbase"):
                await self._run(asked, take, seconds, way)
        except TimeoutError:
            raise QueryTimeout(seconds) from None
        except (RequestRefused, ContentRejected) as refusal:
            raise QueryRejected(_problem(refusal)) from refusal

    async def _run(
        self,
        asked: Mapping[str, object],
        take: Callable[[bytes], None],
        seconds: float,
        way: dict[str, bool],
    ) -> None:
        request = self._client.build_request(
            "POST",
            _QUERY,
            json=asked,
            headers={"Accept": "application/json"},
            timeout=Timeout(seconds, connect=2.0, pool=5.0),
            extensions=way,
        )
        answer = await self._client.send(request, stream=True)
        try:
            if not answer.is_success:
                raise await refused(answer)
            size = 0
            async for block in answer.aiter_bytes():
                size += len(block)
                if size > self._limits.size:
                    raise QueryAnswerTooLarge(self._limits.size)
                take(block)
        finally:
            await answer.aclose()

    async def template_ids(self) -> Sequence[str]:
        known_until, template_ids = self._templates
        if monotonic() > known_until:
            async with upstream_errors("ehrbase"):
                answer = await self._client.get(_TEMPLATES, headers={"Accept": "application/json"})
            if not answer.is_success:
                raise await refused(answer)
            template_ids = [str(template["template_id"]) for template in answer.json()]
            self._templates = (monotonic() + _TEMPLATES_KNOWN, template_ids)
        return template_ids


def _problem(refusal: Failure) -> str:
    """Where the query is wrong; never the query, which may hold what is nobody's business."""
    message = str(refusal.extensions.get("message", ""))
    if where := _WHERE.search(message):
        return f"The query cannot be parsed: line {where[1]}, character {where[2]}."
    if "Not implemented" in message or "not implemented" in message:
        return "The query uses a feature of AQL that the clinical data repository does not have."
    return "The clinical data repository cannot run this query."
