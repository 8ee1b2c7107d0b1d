"""Which of the waiting rows may go now, and together."""

from collections import Counter
from collections.abc import Callable, Iterable
from time import monotonic

from openward_contracts.catalogue import stream_of

from openward_servicekit.outbox.publisher import RowRefused
from openward_servicekit.outbox.records import OutboxRecord

_BATCH_BYTES = 4 * 2**20


class Batches:
    """Knows whose next row was refused: rows of that aggregate wait, for `seconds` at a time."""

    def __init__(self, seconds: float, refuses: Callable[[RowRefused], None]) -> None:
        """`refuses` is told of every refused row."""
        self._seconds = seconds
        self._refuses = refuses
        self._held: set[str] = set()
        self._held_until = 0.0

    def hold(self, refused: RowRefused) -> None:
        self._refuses(refused)
        if not self._held:
            self._held_until = monotonic() + self._seconds
        self._held.add(refused.record.aggregate_id)

    def of(self, rows: Iterable[OutboxRecord]) -> dict[str, list[OutboxRecord]]:
        """By stream, in order, no more bytes than an atomic batch should have; held aggregates left out."""
        if monotonic() >= self._held_until:
            self._held.clear()
        batches: dict[str, list[OutboxRecord]] = {}
        sizes: Counter[str] = Counter()
        for row in rows:
            stream = None if row.aggregate_id in self._held else self._stream(row)
            if stream is None:
                continue
            sizes[stream] += len(row.payload)
            if sizes[stream] <= _BATCH_BYTES or stream not in batches:
                batches.setdefault(stream, []).append(row)
        return batches

    def _stream(self, row: OutboxRecord) -> str | None:
        try:
            return stream_of(row.subject)
        except KeyError:
            self.hold(RowRefused(row, "no stream keeps this subject"))
            return None
