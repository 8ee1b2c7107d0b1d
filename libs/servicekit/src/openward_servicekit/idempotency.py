"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): an unsafe request can be sent again.

The same key with the same request gives the first answer again, without doing anything; with another request
it is refused (422), and while the first is still being answered, too (409 with Retry-After).
Keys belong to the caller that sent them: nobody finds another's answer.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

import structlog
from starlette.responses import Response

from openward_servicekit.errors import Category, Conflict, Failure, Invalid, Malformed

log = structlog.get_logger(__name__)

SECONDS_UNTIL_RETRY: Final = 1.0
_LONGEST_KEY: Final = 255
# A structured-field string (RFC 9651), or, as most clients send it, the same without quotes.
_QUOTED: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])+)"')
_BARE: Final = re.compile(r"[!#-+\--:<-\[\]-~]+")
# Nothing was done: these were refused, or never left. After any other failure the outcome is unknown.
_NOTHING_DONE: Final = frozenset(Category) - {Category.INTERNAL, Category.TIMEOUT, Category.BAD_UPSTREAM}


class MalformedIdempotencyKey(Malformed):
    slug = "malformed-idempotency-key"


class IdempotencyKeyReused(Invalid):
    """The key was used for another request."""

    slug = "idempotency-key-reused"


class RequestInProgress(Conflict):
    slug = "request-in-progress"


class OutcomeUnknown(Conflict):
    """The first request was interrupted, and repeating it might do it twice: look, then use a new key."""

    slug = "idempotency-outcome-unknown"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered, byte for byte. `replayed`: by an earlier request with this key."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    replayed: bool = False

    def response(self) -> Response:
        return Response(self.body, self.status, dict(self.headers))


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to perform the request of this key; `at` tells it from an earlier claim, taken over since."""

    actor: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored under a key: `answer` None while it is being performed, `abandoned` if too long ago."""

    request_hash: bytes
    answer: StoredAnswer | None
    abandoned: bool


class IdempotencyStore(Protocol):
    """Every method is atomic and durable when it returns."""

    async def claim(self, actor: str, key: str, request_hash: bytes, *, take_over: bool) -> Claim | Found:
        """Claim a key that is new or expired, or, with `take_over`, held for a while by the same request."""

    async def complete(self, claim: Claim, answer: StoredAnswer) -> None:
        """Store the answer; without effect if the claim was taken over meanwhile."""

    async def release(self, claim: Claim) -> None:
        """Forget the key: nothing was done."""


async def idempotent(
    store: IdempotencyStore,
    *,
    key: str | None,
    actor: str,
    request_hash: bytes,
    perform: Callable[[], Awaitable[StoredAnswer]],
    repeatable: bool = False,
) -> StoredAnswer:
    """The answer to this request, performed now or by an earlier one with the same key.

    `key` is the header's value; None performs it plainly. `repeatable` says that performing twice has one
    effect, because the aggregate's id is made from the key, or because `perform` looks first.

    A failure that did nothing frees the key. One whose outcome is unknown (timeout, unexpected error) frees
    it only if `repeatable`; so does, seconds later, the end of the process in the middle. Else the key
    answers OutcomeUnknown until it expires.

    Raises MalformedIdempotencyKey, IdempotencyKeyReused, RequestInProgress, OutcomeUnknown.
    """
    if key is None:
        return await perform()
    claim = await store.claim(actor, parse_key(key), request_hash, take_over=repeatable)
    if isinstance(claim, Found):
        return _judged(claim, request_hash)
    try:
        answer = await perform()
    except Exception as error:
        if repeatable or (isinstance(error, Failure) and error.category in _NOTHING_DONE):
            await _best_effort("key not freed", store.release(claim))
        raise
    # It is done, so it is said, also when it cannot be remembered.
    await _best_effort("answer not stored", store.complete(claim, answer))
    return answer


async def _best_effort(problem: str, step: Awaitable[None]) -> None:
    try:
        await step
    except Exception:
        log.exception(problem)


def fingerprint(*parts: str | bytes) -> bytes:
    """SHA-256 that tells requests apart: method, path, what else decides, body. Parts cannot run together."""
    digest = hashlib.sha256()
    for part in parts:
        octets = part.encode() if isinstance(part, str) else part
        digest.update(len(octets).to_bytes(8, "big"))
        digest.update(octets)
    return digest.digest()


def parse_key(header: str) -> str:
    """The key in a header's value; raises MalformedIdempotencyKey."""
    value = header.strip()
    if len(value) <= _LONGEST_KEY:
        if quoted := _QUOTED.fullmatch(value):
            return re.sub(r"\\(.)", r"\1", quoted[1])
        if _BARE.fullmatch(value):
            return value
    raise MalformedIdempotencyKey(f"A string of at most {_LONGEST_KEY} visible ASCII characters.")


def key_of(header: str | None) -> str | None:
    """The same key quoted and bare, for ids that are made of it. Raises MalformedIdempotencyKey."""
    return None if header is None else parse_key(header)


def _judged(found: Found, request_hash: bytes) -> StoredAnswer:
    if found.request_hash != request_hash:
        raise IdempotencyKeyReused("This Idempotency-Key was sent with another request.")
    if found.answer is not None:
        return replace(found.answer, replayed=True)
    if found.abandoned:
        raise OutcomeUnknown("The first request with this key was interrupted.")
    raise RequestInProgress(
        "The first request with this key is still running.", retry_after=SECONDS_UNTIL_RETRY
    )
