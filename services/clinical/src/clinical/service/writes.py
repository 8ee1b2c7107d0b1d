"""One write to EHRbase: claimed before, its outcome known or honestly unknown after."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from openward_contracts.identifiers import VersionUid
from openward_servicekit.errors import (
    Conflict,
    Failure,
    NotFound,
    PreconditionFailed,
    Unavailable,
    UpstreamBroken,
    UpstreamTimeout,
)

from clinical.domain.errors import (
    CompositionExists,
    OutcomeUnknown,
    VersionBeingWritten,
    VersionMismatch,
)
from clinical.domain.intent import Claim, Intent, Kind
from clinical.domain.openehr_errors import EhrExists
from clinical.domain.ports import Cdr, Heads, Intents

#: How often, with what pause and for how long together, in seconds, EHRbase is asked for a version after it
#: gave no answer. With the time that it has for the write itself this is less than a claim lasts.
QUESTIONS = 4
PAUSE = 0.5
PATIENCE = 6.0


Perform = Callable[[], Awaitable[None]]
#: Whether EHRbase has done what it was asked for.
Ask = Callable[[], Awaitable[bool]]


async def _never() -> bool:
    return False


@dataclass(frozen=True)
class SafeWriter:
    """Writes a version exactly once, whatever is repeated, and never guesses what became of it."""

    cdr: Cdr
    heads: Heads
    intents: Intents
    _noting: set[asyncio.Task[None]] = field(default_factory=set)

    async def write(
        self,
        intent: Intent,
        perform: Perform,
        *,
        instead: Failure | None = None,
        is_done: Ask | None = None,
    ) -> None:
        """The version is committed when this returns.

        `instead`: why nothing may be written any more, raised unless this very request has done it before.
        `is_done`: asks EHRbase whether this very request was carried out, where a version does not say that.

        Raises:
            VersionMismatch, CompositionExists, EhrExists: another version has taken its place.
            VersionBeingWritten: another request has claimed the version and has no answer yet.
            OutcomeUnknown: EHRbase gave no answer and does not hold the version; repeating is safe.
        """
        ask = is_done or (lambda: self._is_done(intent))
        if instead is not None:
            await self._check_done(intent, instead, ask)
            return
        claim = await self.claim(intent)
        try:
            if claim is Claim.NEW and is_done is None and await self._is_late(intent):
                ask = _never
            await self._perform(claim, intent, perform, ask)
        except OutcomeUnknown:
            raise  # the claim stays: should the version appear, it is known whose it is
        except Failure:
            if claim is Claim.NEW:  # else the first of the same requests may still be at work
                await self.intents.failed(intent)
            raise
        self._note(intent)

    async def _check_done(self, intent: Intent, instead: Failure, ask: Ask) -> None:
        """Raises `instead` unless the version is claimed by this request and EHRbase holds it."""
        if not await self.intents.is_claimed(intent):
            raise instead
        if not (await self._appeared(ask) or await ask()):
            raise instead

    async def _perform(self, claim: Claim, intent: Intent, perform: Perform, ask: Ask) -> None:
        try:
            await perform()
        except (Conflict, NotFound, PreconditionFailed):  # it may be the version itself that is in the way
            if not await self._was_ours(claim, intent, ask):
                raise
        except (UpstreamTimeout, UpstreamBroken) as error:
            if ask is _never:
                raise await self._too_late(intent) from None
            if await self._appeared(ask):
                return
            if isinstance(error, UpstreamBroken):  # answered, so whatever it did is done
                raise
            raise OutcomeUnknown from None

    async def _is_late(self, intent: Intent) -> bool:
        """Whether the version was there before this request: then it is another's, whatever comes of it.

        Of what is new the uid is ours, and nobody else's.
        """
        uid = intent.version_uid
        if uid.version == 1:
            return False
        if intent.kind in (Kind.UPDATE, Kind.DELETE):
            head = await self.heads.head(uid.object_id)
            return head is not None and head.version >= uid.version
        return await self._holds(intent)

    def _note(self, intent: Intent) -> None:
        """That it is done; nobody waits for it, since an open claim keeps its author, too."""
        task = asyncio.create_task(self._committed(intent), name="note a write")
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _committed(self, intent: Intent) -> None:
        with contextlib.suppress(Exception):
            await self.intents.committed(intent)

    async def claim(self, intent: Intent) -> Claim:
        """NEW or REPEATED. Raises VersionMismatch, CompositionExists, EhrExists, VersionBeingWritten."""
        for _ in range(QUESTIONS):
            claim = await self.intents.claim(intent)
            if claim is not Claim.TAKEN:
                return claim
            if await self._holds(intent):
                raise await self._too_late(intent)
            if not await self.intents.lost(intent):
                await asyncio.sleep(PAUSE)
        raise VersionBeingWritten

    async def _was_ours(self, claim: Claim, intent: Intent, ask: Ask) -> bool:
        """Whether the version that is in the way was written by this very request, sent before."""
        if claim is Claim.REPEATED:
            return await ask()
        return await self.intents.is_committed(intent)

    async def _appeared(self, ask: Ask) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for _ in range(QUESTIONS):
                    with contextlib.suppress(Unavailable, UpstreamTimeout, UpstreamBroken):
                        if await ask():
                            return True
                    await asyncio.sleep(PAUSE)
        return False

    async def _is_done(self, intent: Intent) -> bool:
        """EHRbase holds the version, and it says what was to be said: of another's deletion it does not."""
        ehr_id, uid, kind = intent.ehr_id, intent.version_uid, intent.kind
        if kind is Kind.DIRECTORY and intent.deletes:
            return await self.heads.directory_deleted(ehr_id, uid)
        is_composition = kind in (Kind.CREATE, Kind.UPDATE, Kind.DELETE)
        deleted = kind is Kind.DELETE if is_composition else None
        return await self.cdr.holds(ehr_id, uid, kind, deleted=deleted)

    async def _holds(self, intent: Intent) -> bool:
        """Whatever it says, and whoever wrote it."""
        if await self.cdr.holds(intent.ehr_id, intent.version_uid, intent.kind):
            return True
        # EHRbase shows no deleted directory: that is asked of its database.
        return intent.kind is Kind.DIRECTORY and await self.heads.directory_deleted(
            intent.ehr_id, intent.version_uid
        )

    async def _too_late(self, intent: Intent) -> Failure:
        """Another request has written the version that this one wanted to."""
        uid = intent.version_uid
        if intent.kind is Kind.CREATE:
            return CompositionExists()
        if intent.kind is Kind.EHR:
            return EhrExists()
        head = await self.heads.head(uid.object_id)
        return VersionMismatch(
            str(VersionUid.of(uid.object_id, uid.system_id, head.version)) if head else None
        )
