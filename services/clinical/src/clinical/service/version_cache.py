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

Key = tuple[VersionUid, Format]


class VersionCache:
    """At most `capacity` bytes of documents, the longest unused leaving first.

    `made_by`, a contribution, tells a version from one of the same uid in a database that was restored.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._size = 0
        self._kept: OrderedDict[Key, tuple[UUID, Document]] = OrderedDict()

    def __contains__(self, key: Key) -> bool:
        """Whether there is one, whoever made it."""
        return key in self._kept

    def get(self, key: Key, made_by: UUID) -> Document | None:
        maker, document = self._kept.get(key, (None, None))
        if maker != made_by:
            return None
        self._kept.move_to_end(key)
        return document

    def keep(self, key: Key, made_by: UUID, document: Document) -> None:
        if len(document.content) > min(LARGEST, self._capacity) or self.get(key, made_by):
            return
        self._forget(key)
        self._kept[key] = made_by, document
        self._size += _size(document)
        while self._size > self._capacity:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: Key) -> None:
        if key in self._kept:
            _, document = self._kept.pop(key)
            self._size -= _size(document)


def _size(document: Document) -> int:
    """With what the entry takes beside its bytes, about."""
    return len(document.content) + 1024
