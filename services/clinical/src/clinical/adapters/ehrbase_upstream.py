"""Requests passed on to EHRbase: its successes as a stream, its refusals in its own words."""

import json
from collections.abc import AsyncIterator

from openward_servicekit.errors import Failure, UpstreamBroken, UpstreamTimeout
from openward_servicekit.http import AsyncClient, Response, upstream_errors
from openward_servicekit.http_parts import content_of

from clinical.adapters.ehrbase_way import LONGEST_REFUSAL, QUESTION
from clinical.domain.errors import CdrError
from clinical.domain.refusals import refusal
from clinical.domain.upstream import Answer, Call

#: Said by what stands between us and EHRbase, which itself says none of these.
_FROM_A_PROXY = (502, 503, 504)
#: Nothing that it has is a page or a picture.
_SAID_BY_EHRBASE = ("application/", "text/xml", "text/plain")


class EhrbaseUpstream:
    """The Upstream port on a client whose base URL is `…/ehrbase/` and which has EHRbase's credentials."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def open(self, call: Call) -> Answer:
        body = call.body
        content, length = content_of((body,) if isinstance(body, bytes) else body) if body else (None, {})
        request = self._client.build_request(
            call.method,
            f"rest/{call.path}",
            params=dict(call.params),
            headers=dict(call.headers) | length,
            content=content,
            extensions=dict(QUESTION) if call.is_question else None,
        )
        async with upstream_errors("ehrbase"):
            answer = await self._client.send(request, stream=True)
        if not answer.is_success:
            raise await refused(answer)
        if not answer.headers.get("content-type", _SAID_BY_EHRBASE[0]).startswith(_SAID_BY_EHRBASE):
            await answer.aclose()
            raise UpstreamBroken("EHRbase has not answered, but something on the way to it.")
        return Answer(answer.status_code, answer.headers, _chunks(answer), answer.aclose)


async def _chunks(answer: Response) -> AsyncIterator[bytes]:
    async with upstream_errors("ehrbase"):  # half an answer to a write leaves its outcome unknown
        async for chunk in answer.aiter_bytes():
            yield chunk


async def refused(answer: Response) -> Failure:
    """What this answer, not read yet, means; it is closed then."""
    status = answer.status_code
    try:
        message = await _message(answer)
    finally:
        await answer.aclose()
    if status in _FROM_A_PROXY:
        return UpstreamTimeout("EHRbase may still be at work.")
    return refusal(status, message) or CdrError(status)


async def _message(answer: Response) -> str:
    """EHRbase's own words; some of its refusals have another body, or none."""
    content = bytearray()
    async with upstream_errors("ehrbase"):
        async for chunk in answer.aiter_bytes():
            content += chunk
            if len(content) > LONGEST_REFUSAL:
                return ""
    try:
        body = json.loads(content)
    except ValueError:
        return ""
    return str(body.get("message", "")) if isinstance(body, dict) else ""
