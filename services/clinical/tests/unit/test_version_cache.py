"""The cache keeps what was used last, and no more than it may."""

from uuid import UUID, uuid4

from clinical.domain.composition import Format
from clinical.domain.ports import Document
from clinical.service.version_cache import LARGEST, Key, VersionCache
from openward_contracts.identifiers import VersionUid

CONTRIBUTION = UUID("0d6f2f5c-6f5e-5b43-9d0f-6a2d5f1c7b11")


def key(form: Format = Format.CANONICAL, made_by: UUID = CONTRIBUTION) -> Key:
    return VersionUid.of(uuid4(), "openward.local", 1), made_by, form


def document(size: int) -> Document:
    return Document(b"x" * size, "application/json")


def test_the_longest_unused_leaves_first() -> None:
    cache = VersionCache(30_000)
    first, second, third = key(), key(), key()
    for each in (first, second):
        cache.keep(each, document(10_000))
    assert cache.get(first)
    cache.keep(third, document(10_000))

    assert [cache.get(each) is not None for each in (first, second, third)] == [True, False, True]


def test_what_is_too_large_drives_out_nothing() -> None:
    cache = VersionCache(10 * LARGEST)
    small, large = key(), key()
    cache.keep(small, document(10))
    cache.keep(large, document(LARGEST + 1))

    assert cache.get(small)
    assert cache.get(large) is None


def test_a_cache_of_nothing_keeps_nothing() -> None:
    cache = VersionCache(0)
    one = key()
    cache.keep(one, document(1))

    assert cache.get(one) is None


def test_the_same_uid_by_another_contribution_is_another_version() -> None:
    cache = VersionCache(30_000)
    uid, made_by, form = key()
    cache.keep((uid, made_by, form), document(5))

    assert cache.get((uid, uuid4(), form)) is None
    assert cache.get((uid, made_by, Format.FLAT)) is None
