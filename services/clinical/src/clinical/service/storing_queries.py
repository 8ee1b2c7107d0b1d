"""A stored query put into EHRbase: one version for one request, and what became of it is never guessed."""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import Final

from openward_servicekit.errors import Failure, Unavailable, UpstreamBroken, UpstreamTimeout

from clinical.domain.errors import OutcomeUnknown
from clinical.domain.refusals import ResourceConflict, ResourceNotFound
from clinical.domain.stored_query import StoredQuery, definition_path, entries
from clinical.domain.storing import Claimed, QueryBeingStored, QueryVersionExists, StoredQueryClaims, Storing
from clinical.domain.upstream import Call, Upstream

#: How often, with what pause in seconds, a version is tried for while others store theirs.
ROUNDS = 40
ROUND_PAUSE = 0.1
#: The same of questions to EHRbase that gave no answer, and for how long together.
QUESTIONS = 4
PAUSE = 0.5
PATIENCE = 6.0
_JSON: Final = {"Accept": "application/json"}


@dataclass(frozen=True)
class StoredQueryWriter:
    upstream: Upstream
    claims: StoredQueryClaims

    async def write(self, storing: Storing) -> StoredQuery:
        """EHRbase holds it when this returns. May be repeated, without a key while it is open.

        Raises:
            QueryVersionExists, QueryBeingStored, a refusal.
            OutcomeUnknown: EHRbase gave no answer and does not hold the version; repeating is safe.
        """
        for _ in range(ROUNDS):
            claimed = await self._claim(storing)
            try:
                stored = await self._write(storing, claimed)
            except OutcomeUnknown:
                raise  # the claim stays: whoever repeats the request gets this version
            except Failure as failure:
                is_taken = isinstance(failure, ResourceConflict | QueryVersionExists)
                if is_taken or not claimed.repeated:  # else the first of the same requests may be at work
                    await self.claims.failed(storing, claimed.version)
                if is_taken and storing.wanted.whole is None:
                    continue  # behind our back: the next one
                raise
            with contextlib.suppress(Exception):  # it is done; who repeats it with a key is told so
                await self.claims.committed(storing, claimed.version)
            return stored
        raise QueryBeingStored

    async def _claim(self, storing: Storing) -> Claimed:
        if (earlier := await self.claims.earlier(storing)) is not None:
            return earlier
        for _ in range(ROUNDS):
            version = storing.wanted.whole or await self._next(storing)
            if await self.claims.claim(storing, version):
                return Claimed(version)
            is_there = await self._held(storing.name, version) is not None
            if is_there and not storing.wanted.is_replaced:
                if storing.wanted.whole:
                    raise QueryVersionExists
                continue  # it is stored now, so the next one is free
            if not await self.claims.free(storing.name, version):
                await asyncio.sleep(ROUND_PAUSE)
        raise QueryBeingStored

    async def _next(self, storing: Storing) -> str:
        """The version that EHRbase would choose: chosen here, the outcome of storing it can be asked for."""
        answer = await self.upstream.open(Call("GET", definition_path(storing.name), headers=_JSON))
        listed = entries(await answer.json())
        return storing.wanted.next_after(
            str(entry.get("version")) for entry in listed if entry.get("name") == storing.name
        )

    async def _write(self, storing: Storing, claimed: Claimed) -> StoredQuery:
        if (done := await self._done(storing, claimed)) is not None:
            return done
        try:
            return await self._put(storing, claimed.version)
        except ResourceConflict:
            if (done := await self._done(storing, claimed)) is None:
                raise
            return done
        except (UpstreamTimeout, UpstreamBroken) as error:
            if (held := await self._appeared(storing, claimed.version)) is not None:
                return held
            if isinstance(error, UpstreamBroken):  # answered, so whatever it did is done
                raise
            raise OutcomeUnknown from None

    async def _done(self, storing: Storing, claimed: Claimed) -> StoredQuery | None:
        """What this very request, sent before, has stored."""
        held = await self._held(storing.name, claimed.version) if claimed.repeated else None
        return held if held is not None and (claimed.settled or held.q == storing.q) else None

    async def _put(self, storing: Storing, version: str) -> StoredQuery:
        """As JSON, whatever it came in: EHRbase answers that with what it has stored."""
        headers = _JSON | {"Content-Type": "application/json"}
        body = json.dumps({"q": storing.q}).encode()
        path = definition_path(storing.name, version)
        answer = await self.upstream.open(Call("PUT", path, {"type": storing.kind}, headers, body))
        stored = StoredQuery.of(await answer.json())
        if (stored.name, stored.version, stored.q) != (storing.name, version, storing.q):
            raise UpstreamBroken("EHRbase has confirmed another query than it was asked to store.")
        return stored

    async def _appeared(self, storing: Storing, version: str) -> StoredQuery | None:
        """Raises QueryVersionExists if the version is another query, and can never be this one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for _ in range(QUESTIONS):
                    with contextlib.suppress(Unavailable, UpstreamTimeout, UpstreamBroken):
                        held = await self._held(storing.name, version)
                        if held is not None and held.q == storing.q:
                            return held
                        if held is not None and not storing.wanted.is_replaced:
                            raise QueryVersionExists
                    await asyncio.sleep(PAUSE)
        return None

    async def _held(self, name: str, version: str) -> StoredQuery | None:
        question = Call("GET", definition_path(name, version), headers=_JSON, is_question=True)
        try:
            answer = await self.upstream.open(question)
        except ResourceNotFound:
            return None
        return StoredQuery.of(await answer.json())
