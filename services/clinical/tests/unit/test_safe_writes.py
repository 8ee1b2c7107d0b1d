"""A version is written once, and what became of it is never guessed."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from clinical.domain.composition import Head
from clinical.domain.errors import (
    CdrError,
    CompositionExists,
    CompositionRejected,
    OutcomeUnknown,
    PatientInactive,
    VersionBeingWritten,
    VersionMismatch,
)
from clinical.domain.intent import Claim, Intent, Kind
from clinical.service import writes
from clinical.service.writes import SafeWriter
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_servicekit.errors import Unavailable, UpstreamTimeout

SYSTEM = "openward.local"
ADA, BEN = Actor("ada", "web", ("clinician",)), Actor("ben", "web", ("clinician",))


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "PAUSE", 0)


@dataclass
class Ehrbase:
    """Holds versions, and answers a write as the test says."""

    versions: set[str] = field(default_factory=set)
    deletions: set[str] = field(default_factory=set)  # those of them that say that it is deleted
    commits: int = 0
    mute: int = 0  # how many questions for a version get no answer
    silent: bool = False  # they do not even end

    async def holds(
        self, _ehr_id: EhrId, uid: VersionUid, _kind: Kind, *, deleted: bool | None = None
    ) -> bool:
        if self.silent:
            await asyncio.Event().wait()
        if self.mute:
            self.mute -= 1
            raise UpstreamTimeout
        return str(uid) in self.versions and deleted in (None, str(uid) in self.deletions)

    def commit(self, uid: VersionUid, then: Exception | None = None) -> Callable[[], Awaitable[None]]:
        """As EHRbase, refuses a second commit of a version; else commits, then fails with `then`."""

        async def perform() -> None:
            if str(uid) in self.versions:
                raise VersionMismatch(None) if uid.version > 1 else CompositionExists
            self.versions.add(str(uid))
            self.commits += 1
            if then:
                raise then

        return perform


@dataclass
class HeadsOf:
    ehrbase: Ehrbase
    deleted_directories: set[str] = field(default_factory=set)

    async def head(self, object_id: UUID, version: int | None = None) -> Head | None:  # noqa: ARG002  the latest is enough
        versions = [VersionUid(text) for text in self.ehrbase.versions if text.startswith(str(object_id))]
        latest = max((uid.version for uid in versions), default=0)
        return Head(EhrId.new(), None, latest, deleted=False) if latest else None

    async def directory_deleted(self, _ehr_id: EhrId, uid: VersionUid) -> bool:
        return str(uid) in self.deleted_directories


@pytest.fixture
def ehrbase() -> Ehrbase:
    return Ehrbase()


@pytest.fixture
def writer(ehrbase: Ehrbase, memory_intents: Any) -> SafeWriter:
    return SafeWriter(cast("Any", ehrbase), HeadsOf(ehrbase), memory_intents)


def version(number: int = 1, object_id: UUID | None = None) -> VersionUid:
    return VersionUid.of(object_id or uuid4(), SYSTEM, number)


def intent(uid: VersionUid, actor: Actor = ADA, body: str = "a", kind: Kind = Kind.UPDATE) -> Intent:
    digest = hashlib.sha256(body.encode()).digest()
    return Intent(uid, EhrId.new(), kind, actor, TemplateId("t"), digest)


def failing(error: Exception) -> Callable[[], Awaitable[None]]:
    async def perform() -> None:
        raise error

    return perform


async def test_a_write_is_committed_once(writer: SafeWriter, ehrbase: Ehrbase, memory_intents: Any) -> None:
    uid = version()

    await writer.write(intent(uid), ehrbase.commit(uid))

    assert ehrbase.commits == 1
    await asyncio.sleep(0)  # that it is done is noted beside
    assert await memory_intents.is_committed(intent(uid))


async def test_a_repeated_request_does_nothing_twice(writer: SafeWriter, ehrbase: Ehrbase) -> None:
    uid = version()
    await writer.write(intent(uid), ehrbase.commit(uid))

    await writer.write(intent(uid), ehrbase.commit(uid))

    assert ehrbase.commits == 1


async def test_an_answer_that_was_lost_after_the_commit_is_found(
    writer: SafeWriter, ehrbase: Ehrbase
) -> None:
    uid = version()
    ehrbase.mute = 2

    await writer.write(intent(uid), ehrbase.commit(uid, then=UpstreamTimeout()))

    assert ehrbase.commits == 1


async def test_a_write_that_never_appears_is_not_called_done(
    writer: SafeWriter, ehrbase: Ehrbase, memory_intents: Any
) -> None:
    uid = version()

    with pytest.raises(OutcomeUnknown):
        await writer.write(intent(uid), failing(UpstreamTimeout()))

    assert not await memory_intents.is_committed(intent(uid))
    await writer.write(intent(uid), ehrbase.commit(uid))
    assert ehrbase.commits == 1


async def test_a_commit_that_cannot_be_noted_is_acknowledged(
    writer: SafeWriter, ehrbase: Ehrbase, memory_intents: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_intent: Intent) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(memory_intents, "committed", away)

    await writer.write(intent(uid := version()), ehrbase.commit(uid))

    assert ehrbase.commits == 1


async def test_an_error_of_ehrbase_after_the_commit_is_no_error(writer: SafeWriter, ehrbase: Ehrbase) -> None:
    uid = version()

    await writer.write(intent(uid), ehrbase.commit(uid, then=CdrError(500)))

    assert ehrbase.commits == 1


@pytest.mark.parametrize("refusal", [CompositionRejected("no", ()), Unavailable(), CdrError(500)])
async def test_a_refused_write_frees_the_version(
    writer: SafeWriter, ehrbase: Ehrbase, refusal: Exception
) -> None:
    uid = version()
    with pytest.raises(type(refusal)):
        await writer.write(intent(uid), failing(refusal))

    await writer.write(intent(uid, BEN, "b"), ehrbase.commit(uid))

    assert ehrbase.commits == 1


async def test_of_two_corrections_the_second_learns_the_current_version(
    writer: SafeWriter, ehrbase: Ehrbase
) -> None:
    uid = version(2)
    await writer.write(intent(uid, ADA, "a"), ehrbase.commit(uid))

    with pytest.raises(VersionMismatch) as mismatch:
        await writer.write(intent(uid, BEN, "b"), ehrbase.commit(uid))

    assert mismatch.value.headers == {"ETag": f'"{uid}"'}
    assert ehrbase.commits == 1


async def test_while_another_request_writes_the_version_nobody_else_does(
    writer: SafeWriter, ehrbase: Ehrbase, memory_intents: Any
) -> None:
    uid = version(2)
    await memory_intents.claim(intent(uid, ADA, "a"))

    with pytest.raises(VersionBeingWritten):
        await writer.write(intent(uid, BEN, "b"), ehrbase.commit(uid))

    assert ehrbase.commits == 0


async def test_a_version_written_behind_our_back_is_not_taken_for_ours(
    writer: SafeWriter, ehrbase: Ehrbase, memory_intents: Any
) -> None:
    uid = version(2)
    ehrbase.versions.add(str(uid))

    with pytest.raises(VersionMismatch):
        await writer.write(intent(uid), ehrbase.commit(uid))

    assert not await memory_intents.is_committed(intent(uid))


@pytest.mark.parametrize("kind", [Kind.UPDATE, Kind.DELETE, Kind.STATUS, Kind.DIRECTORY])
@pytest.mark.parametrize("error", [UpstreamTimeout(), CdrError(500)])
async def test_a_version_that_was_there_before_is_not_taken_for_ours_when_nothing_is_heard(
    writer: SafeWriter, ehrbase: Ehrbase, memory_intents: Any, kind: Kind, error: Exception
) -> None:
    uid = version(2)
    ehrbase.versions.add(str(uid))

    with pytest.raises(VersionMismatch):
        await writer.write(intent(uid, kind=kind), failing(error))

    assert not await memory_intents.is_claimed(intent(uid))


@pytest.mark.parametrize(("kind", "is_deletion"), [(Kind.DELETE, False), (Kind.UPDATE, True)])
async def test_anothers_deletion_is_not_our_correction_nor_the_other_way_round(
    writer: SafeWriter, ehrbase: Ehrbase, kind: Kind, *, is_deletion: bool
) -> None:
    uid = version(2)

    async def another_was_faster() -> None:
        ehrbase.versions.add(str(uid))
        ehrbase.deletions |= {str(uid)} if is_deletion else set()
        raise UpstreamTimeout

    with pytest.raises(OutcomeUnknown):
        await writer.write(intent(uid, kind=kind), another_was_faster)


async def test_where_a_version_does_not_say_whose_it_is_what_says_it_is_asked(
    writer: SafeWriter, ehrbase: Ehrbase
) -> None:
    uid, answers = version(2), iter([False] * writes.QUESTIONS + [True])

    async def is_done() -> bool:
        return next(answers)

    with pytest.raises(OutcomeUnknown):
        await writer.write(intent(uid), ehrbase.commit(uid, then=UpstreamTimeout()), is_done=is_done)
    await writer.write(intent(uid), ehrbase.commit(uid), is_done=is_done)

    assert ehrbase.commits == 1


async def test_a_repeated_request_that_fails_leaves_the_claim_to_the_first(
    writer: SafeWriter, ehrbase: Ehrbase, memory_intents: Any
) -> None:
    uid = version(2)
    await memory_intents.claim(intent(uid, ADA, "a"))  # the first, still at work in EHRbase
    with pytest.raises(Unavailable):
        await writer.write(intent(uid, ADA, "a"), failing(Unavailable()))

    with pytest.raises(VersionBeingWritten):
        await writer.write(intent(uid, BEN, "b"), ehrbase.commit(uid))

    assert ehrbase.commits == 0


async def test_who_took_over_an_abandoned_claim_is_not_told_that_the_other_version_is_theirs(
    writer: SafeWriter, ehrbase: Ehrbase, memory_intents: Any
) -> None:
    uid = version(2)
    ada, ben = intent(uid, ADA, "a"), intent(uid, BEN, "b")
    await memory_intents.claim(ada)
    await memory_intents.failed(ada)

    async def ada_was_faster() -> None:
        ehrbase.versions.add(str(uid))
        await memory_intents.committed(ada)
        raise VersionMismatch(None)

    with pytest.raises(VersionMismatch):
        await writer.write(ben, ada_was_faster)


async def test_a_version_that_ehrbase_has_lost_can_be_written_again(
    writer: SafeWriter, ehrbase: Ehrbase
) -> None:
    """EHRbase was restored from a backup that is older than the version."""
    uid = version(2)
    await writer.write(intent(uid, ADA, "a"), ehrbase.commit(uid))
    ehrbase.versions.clear()

    await writer.write(intent(uid, BEN, "b"), ehrbase.commit(uid))

    assert ehrbase.commits == 2


async def test_a_key_used_for_two_compositions_is_a_conflict(writer: SafeWriter, ehrbase: Ehrbase) -> None:
    uid = version()
    await writer.write(intent(uid, body="a", kind=Kind.CREATE), ehrbase.commit(uid))

    with pytest.raises(CompositionExists):
        await writer.write(intent(uid, body="b", kind=Kind.CREATE), ehrbase.commit(uid))


async def test_ehrbase_is_not_asked_for_longer_than_a_claim_lasts(
    writer: SafeWriter, ehrbase: Ehrbase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "PATIENCE", 0.01)
    ehrbase.silent = True

    with pytest.raises(OutcomeUnknown):
        await writer.write(intent(uid := version()), failing(UpstreamTimeout()))

    assert str(uid) not in ehrbase.versions


async def test_a_directory_whose_deletion_was_not_answered_is_found_deleted(
    ehrbase: Ehrbase, memory_intents: Any
) -> None:
    uid = version(2)
    heads = HeadsOf(ehrbase)

    async def deleted() -> None:
        heads.deleted_directories.add(str(uid))
        raise UpstreamTimeout

    directory = replace(intent(uid, kind=Kind.DIRECTORY), deletes=True)
    await SafeWriter(cast("Any", ehrbase), heads, memory_intents).write(directory, deleted)

    await asyncio.sleep(0)  # that it is done is noted beside
    assert await memory_intents.is_committed(intent(uid, kind=Kind.DIRECTORY))


async def test_what_may_not_be_written_any_more_claims_nothing(
    writer: SafeWriter, ehrbase: Ehrbase, memory_intents: Any
) -> None:
    uid = version()

    with pytest.raises(PatientInactive):
        await writer.write(intent(uid), ehrbase.commit(uid), instead=PatientInactive())

    assert ehrbase.commits == 0
    assert await memory_intents.claim(intent(uid, BEN, "b")) is Claim.NEW


async def test_what_was_written_before_is_done_and_another_request_is_refused(
    writer: SafeWriter, ehrbase: Ehrbase
) -> None:
    uid = version()
    await writer.write(intent(uid), ehrbase.commit(uid))

    await writer.write(intent(uid), ehrbase.commit(uid), instead=PatientInactive())
    with pytest.raises(PatientInactive):
        await writer.write(intent(uid, body="b"), ehrbase.commit(uid), instead=PatientInactive())

    assert ehrbase.commits == 1


async def test_what_was_not_answered_is_done_if_ehrbase_holds_it(
    writer: SafeWriter, ehrbase: Ehrbase
) -> None:
    uid = version()
    with pytest.raises(OutcomeUnknown):
        await writer.write(intent(uid), failing(UpstreamTimeout()))

    with pytest.raises(PatientInactive):
        await writer.write(intent(uid), ehrbase.commit(uid), instead=PatientInactive())
    ehrbase.versions.add(str(uid))
    ehrbase.mute = writes.QUESTIONS + 1
    with pytest.raises(UpstreamTimeout):
        await writer.write(intent(uid), ehrbase.commit(uid), instead=PatientInactive())
    await writer.write(intent(uid), ehrbase.commit(uid), instead=PatientInactive())

    assert ehrbase.commits == 0
