"""What is kept becomes what there is, and each object is never anything between."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from clinical.domain.differences import Difference
from clinical.domain.recorded import Change, Identity, KeptVersion, VersionKey, Versions
from hypothesis import given
from hypothesis import strategies as st
from openward_contracts.identifiers import TemplateId

NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)

keys = st.builds(VersionKey, st.integers(1, 4).map(lambda number: UUID(int=number)), st.integers(1, 3))
times = st.integers(0, 2).map(lambda minutes: NOON + timedelta(minutes=minutes))
kept_versions = st.builds(
    KeptVersion,
    st.builds(Identity, st.sampled_from([TemplateId("a"), TemplateId("b"), None]), times, st.booleans()),
    st.none() | times,
)
versions = st.dictionaries(keys, kept_versions)


def apply(change: Change, made: dict[VersionKey, KeptVersion]) -> None:
    for key in change.gone:
        del made[key]
    for key, replaced_at in change.replaced.items():
        made[key] = KeptVersion(made[key].identity, replaced_at)
    assert not made.keys() & change.new.keys()
    made |= change.new


@given(kept=versions, now=versions, page=st.integers(1, 5), afresh=st.booleans())
def test_the_changes_make_what_is_kept_what_there_is(
    kept: Versions, now: Versions, page: int, *, afresh: bool
) -> None:
    made = dict(kept)
    for change in Difference(kept, now, afresh).changes(page):
        apply(change, made)
    assert made == now


def history(number: int, commits: list[int]) -> Versions:
    """One object; each version holds until the next."""
    times = [NOON + timedelta(minutes=minute) for minute in commits]
    return {
        VersionKey(UUID(int=number), version + 1): KeptVersion(
            Identity(None, at, deleted=False), times[version + 1] if version + 1 < len(times) else None
        )
        for version, at in enumerate(times)
    }


def holding(versions: Versions, number: int, at: datetime | None) -> set[VersionKey]:
    """Those of an object that hold at a time, or now."""
    return {
        key
        for key, (committed, replaced) in (
            (key, (each.identity.committed_at, each.replaced_at)) for key, each in versions.items()
        )
        if key.object_id.int == number
        and (replaced is None or (at is not None and replaced > at))
        and (at is None or committed <= at)
    }


commits = st.lists(st.integers(0, 20), unique=True, max_size=12).map(sorted)


@given(
    commits=st.lists(commits, min_size=1, max_size=3),
    known=st.integers(0, 12),
    page=st.integers(1, 5),
    afresh=st.booleans(),
)
def test_at_each_moment_an_object_is_as_it_was_or_as_it_is(
    commits: list[list[int]], known: int, page: int, *, afresh: bool
) -> None:
    kept: dict[VersionKey, KeptVersion] = {}
    now: dict[VersionKey, KeptVersion] = {}
    for number, minutes in enumerate(commits):
        kept |= history(number, minutes[:known])
        now |= history(number, minutes)
    made = dict(kept)
    for change in Difference(kept, now, afresh).changes(page):
        apply(change, made)
        for number in range(len(commits)):
            for at in (None, *(NOON + timedelta(minutes=minute) for minute in range(21))):
                was, is_ = holding(kept, number, at), holding(now, number, at)
                assert holding(made, number, at) in (was, is_)
    assert made == now


@given(commits=st.lists(commits, max_size=4), page=st.integers(1, 5))
def test_no_change_brings_more_than_twice_a_page(commits: list[list[int]], page: int) -> None:
    now: dict[VersionKey, KeptVersion] = {}
    for number, minutes in enumerate(commits):
        now |= history(number, minutes)
    assert all(len(change.new) < 2 * page for change in Difference({}, now).changes(page))


@given(kept=versions)
def test_where_nothing_differs_nothing_is_done(kept: Versions) -> None:
    assert list(Difference(kept, dict(kept)).changes(1)) == []


@given(kept=versions, now=versions, page=st.integers(1, 5))
def test_afresh_every_version_is_read(kept: Versions, now: Versions, page: int) -> None:
    read = [key for change in Difference(kept, now, afresh=True).changes(page) for key in change.new]
    assert sorted(read) == sorted(now)
