"""Versions of compositions as EHRbase sent them, to be sent again.

A version never changes, so nothing here grows old; whether it is still there is asked at every read.
"""

from collections import OrderedDict
from typing import Final
from uuid import UUID

from openward_contracts.identifiers import VersionUid

from clinical.domain.composition import Format
from clinical.domain.ports import Document

#: Bytes. One large document would drive out a ward's worth of others.
LARGEST: Final = 256 * 1024

Key = tuple[VersionUid, UUID, Format]
"""The contribution tells a version from one of the same uid in a database that was restored."""


class VersionCache:
    """At most `capacity` bytes of documents, the longest unused leaving first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._size = 0
        self._kept: OrderedDict[Key, Document] = OrderedDict()

    def get(self, key: Key) -> Document | None:
        document = self._kept.get(key)
        if document is not None:
            self._kept.move_to_end(key)
        return document

    def keep(self, key: Key, document: Document) -> None:
        if key in self._kept or len(document.content) > min(LARGEST, self._capacity):
            return
        self._kept[key] = document
        self._size += _size(document)
        while self._size > self._capacity:
            _, oldest = self._kept.popitem(last=False)
            self._size -= _size(oldest)


def _size(document: Document) -> int:
    """With what the entry takes beside its bytes, about."""
    return len(document.content) + 1024
