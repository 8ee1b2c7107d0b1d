"""What compositions hold, asked of EHRbase: the latest versions many at a time by AQL, others one by one."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from openward_contracts.identifiers import EhrId, VersionUid
from openward_openehr.recorded.cutting import marked
from openward_servicekit.errors import Unavailable, UpstreamBroken
from openward_servicekit.http import SECONDS_UNTIL_RETRY, AsyncClient, Request, Response, upstream_errors

from clinical.adapters.ehrbase_way import CHECK
from clinical.adapters.long_strings import LongStrings
from clinical.domain.errors import CdrError
from clinical.domain.recorded import Content, ContentsTooLarge, Haste

_OPENEHR: Final = "rest/openehr/v1"
_JSON: Final = {"Accept": "application/json"}
_LATEST: Final = """
SELECT c/uid/value, c FROM EHR e CONTAINS COMPOSITION c
WHERE e/ehr_id/value = $ehr_id AND c/uid/value matches {…}
"""
_WORKS: Final = "SELECT e/ehr_id/value FROM EHR e WHERE e/ehr_id/value = $ehr_id"
#: Bytes of an answer, of many compositions and of one: read, they take some ten times as much. Of one that
#: has more long strings are cut; what is left may have as much.
PAGE_BYTES: Final = 2 * 2**20
ONE_BYTES: Final = 4 * 2**20
#: More is not looked through; three times what may be written, and less than the client takes.
MOST_BYTES: Final = 60 * 2**20
#: Said by what stands between us and EHRbase, or by EHRbase when it can do nothing for anybody.
_AWAY: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


class _Body(NamedTuple):
    content: bytes
    is_cut: bool = False


class _Answer(NamedTuple):
    status_code: int
    body: _Body

    @property
    def is_success(self) -> bool:
        return HTTPStatus.OK <= self.status_code < HTTPStatus.MULTIPLE_CHOICES


class EhrbaseContents:
    """The Contents port on a client whose base URL is `…/ehrbase/` and which has EHRbase's credentials."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def latest(
        self, ehr_id: EhrId, uids: Sequence[VersionUid], haste: Haste
    ) -> Mapping[VersionUid, Content]:
        names = {f"uid_{number}": str(uid) for number, uid in enumerate(uids)}
        query = _LATEST.replace("…", ", ".join(f"${name}" for name in names))
        answer = await self._query(query, {"ehr_id": str(ehr_id)} | names, haste)
        if not answer.is_success:  # of one composition that it cannot give out EHRbase fails for all of them
            return {}
        page = await asyncio.to_thread(_parsed, answer.body)
        return {VersionUid(uid): content for uid, content in page["rows"]} if page else {}

    async def one(self, ehr_id: EhrId, uid: VersionUid, haste: Haste) -> Content:
        path = f"{_OPENEHR}/ehr/{ehr_id}/composition/{uid}"
        request = self._client.build_request(
            "GET", path, params={"format": "JSON"}, headers=_JSON, extensions=_way(haste)
        )
        try:
            answer = await self._answer(request, _of_one)
        except ContentsTooLarge:
            return None
        if answer.status_code != HTTPStatus.OK:
            await self._check(ehr_id, haste)
            return None
        return await asyncio.to_thread(_composition, answer.body)

    async def _check(self, ehr_id: EhrId, haste: Haste) -> None:
        """Raises CdrError unless EHRbase can find something: then the fault is the composition's."""
        answer = await self._query(_WORKS, {"ehr_id": str(ehr_id)}, haste)
        if not answer.is_success:
            raise CdrError(answer.status_code)

    async def _query(self, query: str, parameters: Mapping[str, str], haste: Haste) -> _Answer:
        asked = {"q": query, "query_parameters": parameters}
        request = self._client.build_request(
            "POST", f"{_OPENEHR}/query/aql", json=asked, headers=_JSON, extensions=_way(haste)
        )
        return await self._answer(request, _of_page)

    async def _answer(self, request: Request, body: Callable[[Response], Awaitable[_Body]]) -> _Answer:
        async with upstream_errors("ehrbase"):
            answer = await self._client.send(request, stream=True)
            try:
                content = await body(answer)
            finally:
                await answer.aclose()
        if answer.status_code in _AWAY:
            raise Unavailable("EHRbase cannot answer now.", retry_after=SECONDS_UNTIL_RETRY)
        return _Answer(answer.status_code, content)


async def _of_page(answer: Response) -> _Body:
    blocks, size = [], 0
    async for block in answer.aiter_bytes():
        size += len(block)
        if size > PAGE_BYTES:
            raise ContentsTooLarge("EHRbase answers more than is taken at once.")
        blocks.append(block)
    return _Body(b"".join(blocks))


async def _of_one(answer: Response) -> _Body:
    """Strings are cut in a thread: there may be millions of them."""
    waiting, size, strings = list[bytes](), 0, LongStrings(ONE_BYTES)
    async for block in answer.aiter_bytes():
        waiting.append(block)
        size += len(block)
        if size > MOST_BYTES:
            raise ContentsTooLarge("EHRbase answers more than is looked through.")
        while waiting and size > ONE_BYTES:
            await asyncio.to_thread(strings.feed, waiting.pop(0))
    if size > ONE_BYTES:
        return _Body(strings.left(), is_cut=True)
    return _Body(b"".join(waiting))


def _way(haste: Haste) -> dict[str, bool]:
    return {} if haste.awaited else dict(CHECK)


def _composition(body: _Body) -> Content:
    if not body.is_cut:
        return _parsed(body)
    try:
        content = _parsed(body)
    except UpstreamBroken:  # it has long names where strings are values, which nothing of openEHR has
        return None
    return content and marked(content)


def _parsed(body: _Body) -> Mapping[str, Any] | None:
    """None for what is nested too deep."""
    try:
        content = json.loads(body.content)
    except RecursionError:
        return None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise UpstreamBroken("EHRbase has not answered, but something on the way to it.")
    return content
