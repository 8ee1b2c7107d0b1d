"""What is to be done so that what is kept of an EHR is what EHRbase has, a little at a time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from clinical.domain.recorded import Change, KeptVersion, VersionKey, Versions


@dataclass(frozen=True, slots=True)
class Difference:
    """`afresh`: what is kept as it is now is replaced, too."""

    kept: Versions
    now: Versions
    afresh: bool = False

    def changes(self, page: int) -> Iterator[Change]:
        """Each of so many versions at least, but for the last, and of less than twice as many.

        In the order of object ids. Of an object of more versions, former ones go ahead, so that they hold at
        no time until the last change says when they did: at each moment it is as it was, or as it is.
        """
        keys: list[VersionKey] = []
        for of_object in self._objects():
            ahead = self._ahead(of_object) if len(of_object) > page else {}
            former = list(ahead)
            for start in range(0, len(former), page):
                yield self._former(former[start : start + page], ahead)
            keys += of_object
            if len(keys) >= page:
                yield self._change(keys, ahead)
                keys = []
        if keys:
            yield self._change(keys, {})

    def _objects(self) -> Iterator[list[VersionKey]]:
        """What is to be done, by object."""
        objects: dict[UUID, list[VersionKey]] = defaultdict(list)
        for key in self.kept.keys() | self.now.keys():
            if self.afresh or self.kept.get(key) != self.now.get(key):
                objects[key.object_id].append(key)
        return (sorted(objects[object_id]) for object_id in sorted(objects))

    def _ahead(self, keys: Sequence[VersionKey]) -> Versions:
        """Former versions: as kept, or as if each had been replaced when it was committed."""
        found = {}
        for key in keys:
            new, old = self.now.get(key), self.kept.get(key)
            if new and new.replaced_at is not None and old in (None, new):
                found[key] = old or KeptVersion(new.identity, new.identity.committed_at)
        return found

    def _former(self, keys: Sequence[VersionKey], ahead: Versions) -> Change:
        return Change([key for key in keys if key in self.kept], {}, {key: ahead[key] for key in keys})

    def _change(self, keys: Sequence[VersionKey], ahead: Versions) -> Change:
        same = {key for key in keys if key in ahead or self._is_same(key)}
        return Change(
            gone=[key for key in keys if key in self.kept and key not in same],
            replaced={key: self.now[key].replaced_at for key in keys if key in same},
            new={key: self.now[key] for key in keys if key in self.now and key not in same},
        )

    def _is_same(self, key: VersionKey) -> bool:
        """But for the time until which it holds."""
        new, old = self.now.get(key), self.kept.get(key)
        return not self.afresh and new is not None and old is not None and new.identity == old.identity
