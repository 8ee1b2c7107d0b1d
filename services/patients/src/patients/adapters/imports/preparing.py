"""Lines of an import as rows of every table, in the text format of COPY."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from openward_contracts.patients import PatientRegistered

from patients.adapters.imports.announcing import Announcement
from patients.domain.findable import findable
from patients.domain.identifier_domain import Domains
from patients.domain.imports.job import NOT_KEPT, ImportSettings, Problem
from patients.domain.imports.numbering import patient_id
from patients.domain.imports.reading import LineReader, LineRefused
from patients.domain.imports.settling import Person, Ready
from patients.domain.imports.splitting import Chunk
from patients.domain.record import PatientRecord

#: Tables and columns in the order of `Ready.rows`. A row of `patient` begins after its MRN.
TABLES: Final = {
    "patient": (
        *("mrn", "id", "record", "gender", "birth_date", "active", "restricted", "matchable", "ehr_id"),
        *("created_at", "updated_at", "updated_by", "changed"),
    ),
    "patient_name": ("family_key", "given_key", "patient_id", "birth_date"),
    "patient_key": ("kind", "key", "patient_id"),
    "patient_identifier": ("system", "value_key", "holder", "patient_id"),
    "outbox_event": ("event_id", "subject", "aggregate_id", "aggregate_version", "headers", "payload"),
    "match_queue": ("patient_id", "origin"),
}
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NULL: Final = r"\N"


@dataclass(frozen=True, slots=True)
class Task:
    """What a chunk's lines need to become rows. `actor`: JSON of who registers them."""

    import_id: UUID
    began: datetime
    settings: ImportSettings
    header: tuple[str, ...]
    domains: Domains
    region: str | None
    actor: str
    at: datetime
    announcement: Announcement
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class Outcome:
    ready: list[Ready]
    problems: list[Problem]


def prepared(task: Task) -> Outcome:
    """Every line is in one of the two, or says nothing."""
    reader = LineReader.of(task.settings, task.header, task.domains, task.region)
    rows = _Rows(task)
    outcome = Outcome([], [])
    for number, line in enumerate(task.chunk.lines, task.chunk.first):
        try:
            record = reader.read(number, line)
        except LineRefused as refusal:
            outcome.problems.extend(refusal.problems)
        else:
            if record is not None:
                outcome.ready.append(rows.of(number, record))
    last = task.chunk.last
    outcome.problems.extend(_left_out(pointer, first, last) for pointer, first in reader.not_kept.items())
    return outcome


def _left_out(pointer: str, first: int, last: int) -> Problem:
    """Told once in a chunk: a million lines with a photo are not a million problems."""
    detail = f"the registry has no place for it; it may be in other lines up to {last}, too"
    return Problem(first, pointer, NOT_KEPT, detail)


class _Rows:
    def __init__(self, task: Task) -> None:
        self._task = task
        at = task.at.isoformat()
        self._end = f"{at}\t{at}\t{task.actor.translate(_ESCAPES)}\t{{}}\n"
        # Once for all: the ids that come into it need no escapes.
        escaped = task.announcement.headers.translate(_ESCAPES)
        self._announcement = replace(task.announcement, headers=escaped)

    def of(self, line: int, record: PatientRecord) -> Ready:
        task = self._task
        patient = patient_id(task.import_id, task.began, line)
        keys = findable(patient, record, task.domains, task.region)
        one, ehr = str(patient), str(uuid4())
        born = keys.birth_date.isoformat() if keys.birth_date else _NULL
        return Ready(
            line,
            tuple((system, key) for system, key, holder in keys.identifiers if not holder),
            Person.of(keys.names, keys.birth_date),
            tuple(keys.words()),
            (
                self._patient(one, ehr, record, born),
                "".join(f"{family}\t{given}\t{one}\t{born}\n" for family, given in keys.names),
                "".join(f"{kind}\t{_escaped(key)}\t{one}\n" for kind, key in keys.keys),
                "".join(_identifier(one, *identifier) for identifier in keys.identifiers),
                self._event(one, ehr, record),
                f"{one}\timport\n" if record.matchable else "",
            ),
        )

    def _patient(self, one: str, ehr: str, record: PatientRecord, born: str) -> str:
        """Columns and content as those of a registration (`patients.adapters.rows`)."""
        document = record.model_dump_json(exclude_defaults=True).replace("\\", "\\\\")  # JSON has no raw tabs
        return (
            f"\t{one}\t{document}\t{record.gender.value}\t{born}\t{record.active}\t{record.restricted}"
            f"\t{record.matchable}\t{ehr}\t{self._end}"
        )

    def _event(self, one: str, ehr: str, record: PatientRecord) -> str:
        event_id, headers, payload = self._announcement.to(one, ehr, active=record.active)
        return f"{event_id}\t{PatientRegistered.subject}\t{one}\t1\t{headers}\t{payload}\n"


def _identifier(one: str, system: str, key: str, holder: str) -> str:
    return f"{_escaped(system)}\t{_escaped(key)}\t{holder}\t{one}\n"


def _escaped(text: str) -> str:
    return text if "\\" not in text and text.isprintable() else text.translate(_ESCAPES)
