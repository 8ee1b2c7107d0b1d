"""A model of the registry: what it has to answer after all that was done to it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

OFFICER = "privacy-officer"
Record = dict[str, Any]
#: A status, and the code of the problem if it is one.
Verdict = tuple[int, str | None]
DONE: Verdict = (200, None)
ABSENT: Verdict = (404, "patient-not-found")
DEFAULTS: Record = {
    "gender": "unknown",
    "deceased": False,
    "active": True,
    "restricted": False,
    "test": False,
    "unidentified": False,
    "newborn": False,
}


@dataclass
class Version:
    """`event`: what is told of it. `record` is as the API answers it."""

    record: Record
    at: datetime
    by: str
    event: str
    fields: tuple[str, ...] = ()
    reason: str | None = None


@dataclass
class Person:
    """One patient. `fixed` is what an answer says of them that no change moves; `into`: merged into whom."""

    id: str
    fixed: Record
    versions: list[Version]
    into: "Person | None" = None

    @property
    def record(self) -> Record:
        return self.versions[-1].record

    @property
    def number(self) -> int:
        return len(self.versions)

    @property
    def end(self) -> "Person":
        return self.into.end if self.into else self

    @property
    def family(self) -> str | None:
        return str(self.record["names"][0]["family"]) if "names" in self.record else None

    @property
    def face(self) -> Any:
        return self.record.get("names"), self.record.get("birth_date")

    @property
    def matchable(self) -> bool:
        return bool(self.record["active"]) and not (self.record["test"] or self.record["unidentified"])

    @property
    def identifiers(self) -> list[Record]:
        return list(self.record.get("identifiers", []))

    def seen_by(self, role: str) -> bool:
        return role == OFFICER or not (self.record["restricted"] or self.end.record["restricted"])

    def view(self) -> Record:
        """What a read answers."""
        into = {"survivor_id": self.into.id} if self.into else {}
        return self.record | self.fixed | into | {"version": self.number, "updated_at": self.versions[-1].at}

    def past(self) -> list[Any]:
        """What the history answers: number, when, who, why, and of each field what was and what is."""
        told = []
        for number, now in enumerate(self.versions, 1):
            old = self.versions[number - 2].record if number > 1 else {}
            changed = {name: (old.get(name), now.record.get(name)) for name in now.fields}
            told.append((number, now.at, now.by, now.reason, changed))
        return told[::-1]

    def change(self, record: Record, at: datetime, by: str, reason: str | None) -> None:
        """What changes nothing is no version."""
        before = self.record
        fields = tuple(n for n in sorted(before.keys() | record.keys()) if before.get(n) != record.get(n))
        if fields:
            self.versions.append(Version(record, at, by, _event(before, record), fields, reason))


@dataclass
class Model:
    people: list[Person] = field(default_factory=list)

    def of(self, number: int) -> Person:
        return self.people[number % len(self.people)]

    def register(self, made: Record, body: Record, by: str, reason: str | None) -> Person:
        """`made`: what was answered, of which the registry alone knows the ids and the time."""
        version = Version(DEFAULTS | body, made["updated_at"], by, "registered", (), reason)
        fixed = {name: made[name] for name in ("id", "mrn", "ehr", "created_at")}
        self.people.append(Person(made["id"], fixed, [version]))
        return self.people[-1]

    def look_alikes(self, person: Person, role: str) -> set[str]:
        """Of whom a caller is warned who registers somebody with the person's name and birth date."""
        alike = (p for p in self.people if p.face == person.face and p.matchable and p.end.matchable)
        return {p.end.id for p in alike if p.seen_by(role)}

    def holders(self, identifiers: list[Record]) -> list[Person]:
        """Who has one of these now."""
        return [p for p in self.people if _current(identifiers) & _current(p.identifiers)]

    def update(self, person: Person, record: Record, version: int, role: str) -> Verdict:
        """What comes of an update that makes nobody else of them."""
        if not person.seen_by(role):
            return ABSENT
        if version != person.number:
            return 412, "version-mismatch"
        if record == person.record:
            return DONE
        if person.into:
            return 409, "patient-merged"
        others = [p for p in self.holders(record.get("identifiers", [])) if p is not person]
        return (409, "identifier-taken") if others else DONE

    def merge(self, source: Person, target: Person, *, stale: bool, role: str) -> Verdict:
        if source is target:
            return 422, "merge-with-self"
        if not (source.seen_by(role) and target.seen_by(role)):
            return ABSENT
        if source.into is target:
            return DONE
        if source.into or target.into:
            return 409, "patient-merged"
        return (412, "version-mismatch") if stale else (201, None)

    def link(self, source: Person, target: Person, into: Person | None, *decided: Any) -> None:
        """Merged, or with `into` None parted; `decided`: when, by whom, why."""
        source.into = into
        at, by, reason = decided
        event = "merged" if into else "unmerged"
        source.versions.append(Version(source.record, at, by, event, ("survivor",), reason))
        target.versions.append(Version(target.record, at, by, "updated", ("merged",), reason))


def _current(identifiers: list[Record]) -> set[str]:
    return {each["value"] for each in identifiers if each.get("use") != "old"}


def _event(before: Record, after: Record) -> str:
    if before["active"] and not after["active"]:
        return "deactivated"
    return "restricted" if before["restricted"] != after["restricted"] else "updated"


@pytest.fixture
def models() -> type[Model]:
    return Model
