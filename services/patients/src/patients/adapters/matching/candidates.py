"""Who may be the same person: one question to the database, `match_candidates` of the migrations."""

import json
from datetime import date
from typing import Any, LiteralString

from openward_contracts.identifiers import PatientId

from patients.adapters.db import Prisma
from patients.adapters.errors import registry
from patients.adapters.questions import Questions
from patients.domain.duplicates.judging import Findings, Hit
from patients.domain.duplicates.probe import Probe
from patients.domain.errors import RegistryBusy, SearchTooBroad
from patients.domain.matching.frequencies import NameFrequencies
from patients.domain.record import PatientRecord


class PostgresCandidates:
    """The CandidateSearch port."""

    def __init__(self, db: Prisma | Questions) -> None:
        self._db = db

    async def search(self, probe: Probe, apart_from: PatientId | None) -> Findings:
        try:
            async with registry():
                (row,) = await self._db.query_raw(
                    _SEARCH, *_parameters(probe), apart_from and str(apart_from)
                )
        except SearchTooBroad:  # nobody's fault who registers somebody
            raise RegistryBusy from None
        return _findings(json.loads(row["found"]))


def _parameters(probe: Probe) -> list[Any]:
    systems, values = _columns(probe.identifiers)
    kinds, keys = _columns(probe.contacts)
    lone_families, lone_givens = _columns(probe.lone)
    days = [day.isoformat() for day in probe.days]
    born, day, swapped, earliest, latest = map(
        _text, (probe.born, probe.day, probe.swapped, probe.earliest, probe.latest)
    )
    return [
        list(probe.families),
        list(probe.givens),
        list(probe.family_edits),
        list(probe.given_edits),
        lone_families,
        lone_givens,
        systems,
        values,
        kinds,
        keys,
        list(probe.lines),
        born,
        day,
        swapped,
        days,
        earliest,
        latest,
        *(probe.call or (None, None)),
    ]


def _columns(pairs: tuple[tuple[str, str], ...]) -> tuple[list[str], list[str]]:
    return [one for one, _ in pairs], [other for _, other in pairs]


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _findings(found: dict[str, Any]) -> Findings:
    words = found["words"] or []
    namesakes = None if found["too_many_namesakes"] else found["namesakes"] or []
    return Findings(
        hits=[_hit(hit) for hit in found["hits"] or []],
        truncated=found["truncated"],
        size=max(0, int(found["patients"])),
        namesakes=None if namesakes is None else frozenset(map(PatientId, namesakes)),
        frequencies=NameFrequencies(
            max(0, int(found["names"] or 0)),
            *({word: count for kind, word, count in words if kind == side} for side in ("family", "given")),
        ),
    )


def _hit(hit: dict[str, Any]) -> Hit:
    records = tuple(PatientRecord.model_validate(record) for record in hit["records"])
    return Hit(PatientId(hit["id"]), hit["mrn"], hit["restricted"], records)


_SEARCH: LiteralString = """
    select match_candidates(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::date, $13::date, $14::date, $15::date[], $16::date,
        $17::date, $18::text, $19::text, $20::uuid) as found
"""
