"""Who a record may be a duplicate of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from openward_contracts.actor import Actor
from openward_contracts.identifiers import PatientId

from patients.domain.duplicates.probe import Probe
from patients.domain.duplicates.traits_of import traits_of
from patients.domain.identifier_domain import Domains
from patients.domain.matching.comparison import Comparison, Grade
from patients.domain.matching.decision import Candidate as Compared
from patients.domain.matching.decision import Policy, decide
from patients.domain.matching.frequencies import NameFrequencies
from patients.domain.matching.model import Model
from patients.domain.matching.traits import Traits
from patients.domain.matching.vocabulary import EXACT
from patients.domain.patient import Patient
from patients.domain.record import PatientRecord

#: Never linked without a person: what is certain is only said to be.
_POLICY = Policy(automatic=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A patient worth comparing; `records` is the own one and those merged into it that were found."""

    patient_id: PatientId
    mrn: str
    restricted: bool
    records: tuple[PatientRecord, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """`truncated`: there was more than was looked at. `size`: about how many patients there are.

    `namesakes` are all patients of the same official name and birth date, None when these are too many.
    """

    hits: Sequence[Hit]
    truncated: bool
    size: int
    namesakes: frozenset[PatientId] | None = frozenset()
    frequencies: NameFrequencies = field(default_factory=NameFrequencies)


class ComparisonLog(Protocol):
    """Part of the AccessLog."""

    async def compared(self, actor: Actor, query: str, found: Sequence[PatientId]) -> None:
        """Durable when it returns: the actor learns how like these patients are."""


class CandidateSearch(Protocol):
    async def search(self, probe: Probe, apart_from: PatientId | None) -> Findings:
        """Patients that may be compared, not `apart_from`; a merged one leads to its survivor."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A patient worth showing: the record may be theirs."""

    hit: Hit
    comparison: Comparison
    probability: float
    grade: Grade

    @property
    def probable(self) -> bool:
        """Rather this person than not: worth asking before somebody new is registered."""
        return self.grade in (Grade.CERTAIN, Grade.PROBABLE)


@dataclass(frozen=True, slots=True)
class Candidate:
    patient: Patient
    comparison: Comparison
    probability: float
    grade: Grade


@dataclass(frozen=True, slots=True)
class Judged:
    """Best first. `truncated`: there may be better ones, so nothing may be decided without a person."""

    candidates: tuple[Candidate, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Judge:
    """`region`: ISO 3166 code of the country that phone numbers without a country code are of."""

    model: Model
    region: str | None = None

    def traits(self, record: PatientRecord, domains: Domains) -> Traits:
        return traits_of(record, domains, self.region)

    def judge(self, traits: Traits, findings: Findings, domains: Domains) -> tuple[Scored, ...]:
        """Those worth showing, best first."""
        model = Model(self.model.weights, self._counted(findings.frequencies))
        hits = {hit.patient_id: hit for hit in findings.hits}
        compared = [Compared(key, self._best(model, traits, hit, domains)) for key, hit in hits.items()]
        decision = decide(
            compared,
            registry_size=findings.size,
            version=model.version,
            truncated=findings.truncated,
            policy=_POLICY,
        )
        return tuple(
            Scored(hits[one.key], one.comparison, one.probability, one.grade) for one in decision.ranked
        )

    def _counted(self, found: NameFrequencies) -> NameFrequencies:
        """A name that was not counted yet says neither that it is rare nor that it is common."""
        fields = self.model.weights.fields
        usual = {side: round(fields[side][EXACT].u * found.records) for side in ("family", "given")}
        return NameFrequencies(
            found.records,
            {word: count or usual["family"] for word, count in found.family.items()},
            {word: count or usual["given"] for word, count in found.given.items()},
        )

    def _best(self, model: Model, traits: Traits, hit: Hit, domains: Domains) -> Comparison:
        comparisons = (model.compare(traits, self.traits(record, domains)) for record in hit.records)
        return max(comparisons, key=lambda comparison: comparison.weight)


def described(comparison: Comparison) -> Mapping[str, Any]:
    """A comparison as JSON: weights in bits, levels and words, no values."""
    return {
        "weight": round(comparison.weight, 2),
        "fields": [
            {"field": bar.field, "level": bar.level.value, "weight": round(bar.bits, 2), "phrase": bar.phrase}
            for bar in comparison.fields
        ],
        "sentence": comparison.sentence,
    }
