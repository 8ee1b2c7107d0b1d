"""Which versions are compared, and documents that cannot be."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from clinical.domain.comparison import Pair, VersionNotFound, VersionsReversed, chosen, compared
from clinical.domain.errors import CompositionUnreadable
from clinical.domain.listing import Listed, Row
from openward_contracts.identifiers import EhrId, VersionUid

OBJECT_ID = uuid4()
EHR_ID = EhrId.new()


def listed(version: int) -> Listed:
    row = Row(OBJECT_ID, EHR_ID, None, version, datetime(2026, 11, 23, tzinfo=UTC))
    return Listed(VersionUid.of(OBJECT_ID, "openward.local", version), row, None)


VERSIONS = [listed(3), listed(2), listed(1)]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (None, None, (2, 3)),
        (None, 2, (1, 2)),
        (1, None, (1, 3)),
        (2, 2, (2, 2)),
        (None, 1, (None, 1)),
    ],
)
def test_what_is_not_said_is_the_latest_and_the_one_before(
    start: int | None, end: int | None, found: tuple[int | None, int]
) -> None:
    before, after = chosen(VERSIONS, Pair(OBJECT_ID, start, end))
    assert (before.row.version if before else None, after.row.version) == found


@pytest.mark.parametrize(("start", "end"), [(4, None), (None, 4), (1, 9)])
def test_a_version_that_is_not_there_is_not_found(start: int | None, end: int | None) -> None:
    with pytest.raises(VersionNotFound):
        chosen(VERSIONS, Pair(OBJECT_ID, start, end))


def test_the_later_version_cannot_be_the_earlier_one() -> None:
    with pytest.raises(VersionsReversed):
        chosen(VERSIONS, Pair(OBJECT_ID, 3, 2))


@pytest.mark.parametrize("document", [b"{", b'{"a":' * 100_000 + b"1" + b"}" * 100_000])
def test_a_document_that_no_reader_takes_is_unreadable(document: bytes) -> None:
    with pytest.raises(CompositionUnreadable):
        compared(None, document)


def test_the_language_is_that_of_what_holds_something() -> None:
    document = json.dumps({"language": {"code_string": "de"}}).encode()
    assert compared(document, None)[1] == "de"
    assert compared(None, None) == ((), "")
