"""What the audit log must hold after what was done: each thing once, and nothing that was not done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openward_cli.demo.exchange import Exchange

Entry = Mapping[str, Any]
"""One entry as `GET /api/audit/v1/entries` gives it."""

REGISTERED: Final = "patients.patient.registered.v1"
EHR_CREATED: Final = "clinical.ehr.created.v1"
CREATED: Final = "clinical.composition.created.v1"
UPDATED: Final = "clinical.composition.updated.v1"
PLACED: Final = "clinical.composition.placed.v1"
ENCOUNTER_OPENED: Final = "clinical.encounter.opened.v1"
READ: Final = "access.record.read.v1"
QUERIED: Final = "access.record.queried.v1"
DENIED: Final = "access.record.denied.v1"

_WORDS: Final = {
    REGISTERED: "registered the patient",
    EHR_CREATED: "created the EHR",
    CREATED: "recorded a composition",
    UPDATED: "corrected a composition",
    PLACED: "put a composition into an encounter",
    ENCOUNTER_OPENED: "opened an encounter",
    QUERIED: "queried the record",
    DENIED: "was refused",
}


def words(kind: str, version_uid: str | None) -> str:
    """What an entry says to a person."""
    if kind == READ:
        return "read a composition" if version_uid else "looked at the patient"
    return _WORDS.get(kind, kind)


@dataclass(frozen=True)
class Deed:
    """Something that was done. What is empty is not known of it, and so not compared."""

    kind: str
    actor: str = ""
    request_id: str = ""
    version_uid: str = ""

    def __str__(self) -> str:
        subject = f" ({self.version_uid})" if self.version_uid else ""
        return f"{self.actor or 'somebody'} {words(self.kind, self.version_uid)}{subject}"

    def fits(self, entry: Entry) -> bool:
        known = {
            "kind": self.kind,
            "actor": self.actor,
            "correlation_id": self.request_id,
            "version_uid": self.version_uid,
        }
        return all(entry[name] == value for name, value in known.items() if value)


def deed(kind: str, exchange: Exchange, version_uid: str = "") -> Deed:
    """What a request has done, known to the log by the request's id."""
    return Deed(kind, exchange.user, exchange.request_id, version_uid)


def behind(streams: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for each stream of `GET /api/audit/v1/streams` that is not in the log to its end."""
    late = [
        f"the log is {stream['lag']} messages behind the stream {stream['stream']}"
        for stream in streams
        if stream["lag"] != 0 or stream["stopped"]
    ]
    holes = [
        f"the stream {stream['stream']} has lost messages that are not in the log"
        for stream in streams
        if stream["gaps_found"] != stream["gaps_repaired"]
    ]
    return late + holes


def missing(deeds: Iterable[Deed], entries: Sequence[Entry]) -> list[Deed]:
    return [one for one in deeds if not any(one.fits(entry) for entry in entries)]


def faults(deeds: Sequence[Deed], entries: Sequence[Entry]) -> list[str]:
    """One sentence for each deed without an entry or with several, and for each entry without a deed."""
    absent = [f"the log has no entry for: {one}" for one in missing(deeds, entries)]
    counted = [(one, sum(one.fits(entry) for entry in entries)) for one in deeds]
    double = [f"the log has {times} entries for: {one}" for one, times in counted if times > 1]
    strange = [
        f"entry {entry['index']} ({entry['kind']} by {entry['actor']}) is of something that nobody did"
        for entry in entries
        if not any(one.fits(entry) for one in deeds)
    ]
    return absent + double + strange
