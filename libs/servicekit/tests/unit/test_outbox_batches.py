from datetime import UTC, datetime
from uuid import uuid4

from openward_servicekit.outbox.batches import Batches
from openward_servicekit.outbox.publisher import RowRefused
from openward_servicekit.outbox.records import OutboxRecord

ACCESS = "access.record.read.v1"


def row(
    number: int, aggregate: str, subject: str = "patients.patient.updated.v1", size: int = 0
) -> OutboxRecord:
    return OutboxRecord(number, uuid4(), subject, aggregate, {}, b"x" * size, datetime.now(UTC))


def ids(batches: dict[str, list[OutboxRecord]]) -> dict[str, list[int]]:
    return {stream: [each.id for each in rows] for stream, rows in batches.items()}


def test_rows_go_by_stream_in_their_order() -> None:
    rows = [row(1, "a"), row(2, "b", ACCESS), row(3, "a"), row(4, "c", ACCESS)]
    assert ids(Batches(60, lambda _: None).of(rows)) == {"PATIENTS": [1, 3], "ACCESS": [2, 4]}


def test_a_refused_row_holds_back_its_aggregate() -> None:
    batches = Batches(60, lambda _: None)
    batches.hold(RowRefused(row(1, "a"), "too large"))
    assert ids(batches.of([row(1, "a"), row(2, "b"), row(3, "a")])) == {"PATIENTS": [2]}


def test_a_refused_row_is_tried_again_after_a_while() -> None:
    batches = Batches(0, lambda _: None)
    batches.hold(RowRefused(row(1, "a"), "too large"))
    assert ids(batches.of([row(1, "a"), row(2, "a")])) == {"PATIENTS": [1, 2]}


def test_a_subject_without_a_stream_is_refused_and_told() -> None:
    refused: list[str] = []
    batches = Batches(60, lambda each: refused.append(str(each)))
    assert ids(batches.of([row(1, "a", "nobody.x.v1"), row(2, "a"), row(3, "b")])) == {"PATIENTS": [3]}
    assert refused == ["row 1 (nobody.x.v1): no stream keeps this subject"]


def test_a_batch_has_no_more_than_four_megabytes() -> None:
    rows = [row(number, "a", size=1_000_000) for number in range(1, 7)]
    assert ids(Batches(60, lambda _: None).of([*rows, row(7, "a")])) == {"PATIENTS": [1, 2, 3, 4]}


def test_a_row_larger_than_that_goes_alone() -> None:
    assert ids(Batches(60, lambda _: None).of([row(1, "a", size=5_000_000), row(2, "a")])) == {
        "PATIENTS": [1]
    }
