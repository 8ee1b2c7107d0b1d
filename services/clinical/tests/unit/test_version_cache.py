"""The cache keeps what was used last, and no more than it may."""

from uuid import UUID, uuid4

from clinical.domain.composition import Format
from clinical.domain.ports import Document
from clinical.service.version_cache import LARGEST, Key, VersionCache
from openward_contracts.identifiers import VersionUid

CONTRIBUTION = UUID("0d6f2f5c-6f5e-5b43-9d0f-6a2d5f1c7b11")


def key(form: Format = Format.CANONICAL) -> Key:
    return VersionUid.of(uuid4(), "openward.local", 1), form


def document(size: int) -> Document:
    return Document(b"x" * size, "application/json")


def test_the_longest_unused_leaves_first() -> None:
    cache = VersionCache(30_000)
    first, second, third = key(), key(), key()
    for each in (first, second):
        cache.keep(each, CONTRIBUTION, document(10_000))
    assert cache.get(first, CONTRIBUTION)
    cache.keep(third, CONTRIBUTION, document(10_000))

    assert [cache.get(each, CONTRIBUTION) is not None for each in (first, second, third)] == [
        True,
        False,
        True,
    ]


def test_what_is_too_large_drives_out_nothing() -> None:
    cache = VersionCache(10 * LARGEST)
    small, large = key(), key()
    cache.keep(small, CONTRIBUTION, document(10))
    cache.keep(large, CONTRIBUTION, document(LARGEST + 1))

    assert cache.get(small, CONTRIBUTION)
    assert cache.get(large, CONTRIBUTION) is None


def test_a_cache_of_nothing_keeps_nothing() -> None:
    cache = VersionCache(0)
    one = key()
    cache.keep(one, CONTRIBUTION, document(1))

    assert cache.get(one, CONTRIBUTION) is None


def test_the_same_uid_by_another_contribution_is_another_version() -> None:
    cache = VersionCache(30_000)
    one = uid, _ = key()
    cache.keep(one, CONTRIBUTION, document(5))

    assert one in cache
    assert cache.get(one, uuid4()) is None
    assert cache.get((uid, Format.FLAT), CONTRIBUTION) is None


def test_the_version_of_a_restored_database_takes_the_place_of_the_other() -> None:
    cache = VersionCache(30_000)
    one, restored = key(), uuid4()
    for made_by in (CONTRIBUTION, restored):
        cache.keep(one, made_by, document(10_000))
    others = [key(), key()]
    for each in others:
        cache.keep(each, CONTRIBUTION, document(8_000))

    assert cache.get(one, CONTRIBUTION) is None
    assert [cache.get(one, restored) is not None, *(each in cache for each in others)] == [True] * 3
