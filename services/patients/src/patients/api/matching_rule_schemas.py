"""The model of the matching, and what is known of it, as JSON."""

from pydantic import BaseModel, ConfigDict, Field

from patients.domain.duplicates.quality import Known
from patients.domain.matching.comparison import Grade, prior
from patients.domain.matching.quality import Estimate, Quality
from patients.domain.matching.simulation import Simulation
from patients.domain.matching.vocabulary import FIELD, Level
from patients.domain.matching.weights import Share, Thresholds
from patients.service.match_rules import InUse

_HOW = (
    "Pairs are counted in bands of one grade each; within a band the decided ones stand for all. Intervals"
    " are Wilson's, 95 %. Recall is of the pairs that were found at all. Null: a band has no decision yet."
)


class OutcomeView(BaseModel):
    """What comparing a field may come to, and the bits that it adds; `learnt` from records, or `assumed`."""

    outcome: str
    level: Level
    phrase: str
    weight: float
    basis: str


class FieldModelView(BaseModel):
    field: str
    outcomes: list[OutcomeView]


class ThresholdsView(BaseModel):
    """Least probability: to be kept for review, to be asked about at registration, to be certain."""

    review: float
    ask: float
    automatic: float

    @classmethod
    def of(cls, thresholds: Thresholds) -> "ThresholdsView":
        return cls(review=thresholds.possible, ask=thresholds.probable, automatic=thresholds.certain)


class ModelView(BaseModel):
    """`prior` in bits: probability = 1 / (1 + 2 ** -(weight + prior)). Nobody is merged without a person."""

    version: str
    learnt_from: str
    registry_size: int
    prior: float
    thresholds: ThresholdsView
    fields: list[FieldModelView]

    @classmethod
    def of(cls, used: InUse) -> "ModelView":
        weights = used.weights
        return cls(
            version=weights.version,
            learnt_from=weights.learnt_from,
            registry_size=used.size,
            prior=round(prior(weights, used.size), 2),
            thresholds=ThresholdsView.of(weights.thresholds),
            fields=[
                FieldModelView(
                    field=name,
                    outcomes=[
                        OutcomeView(
                            outcome=outcome,
                            level=FIELD[name].outcomes[outcome].level,
                            phrase=FIELD[name].outcomes[outcome].phrase,
                            weight=round(weight.bits, 2),
                            basis=weight.basis,
                        )
                        for outcome, weight in outcomes.items()
                    ],
                )
                for name, outcomes in weights.fields.items()
            ],
        )


class SimulateBody(BaseModel):
    """Thresholds to try; one not given stays as it is. They must not fall from review to automatic."""

    model_config = ConfigDict(extra="forbid")

    review: Share | None = None
    ask: Share | None = None
    automatic: Share | None = None


class MoveView(BaseModel):
    before: Grade
    after: Grade
    pairs: int


class SimulationView(BaseModel):
    """Of the stored `pairs`, so many `change_side` from one grade to another."""

    pairs: int
    change_side: int
    become_certain: int
    no_longer_certain: int
    moves: list[MoveView]

    @classmethod
    def of(cls, simulation: Simulation) -> "SimulationView":
        return cls(
            pairs=simulation.pairs,
            change_side=simulation.change_side,
            become_certain=simulation.gain_link,
            no_longer_certain=simulation.lose_link,
            moves=[
                MoveView(before=before, after=after, pairs=pairs)
                for (before, after), pairs in sorted(simulation.moves.items())
            ],
        )


class EstimateView(BaseModel):
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: Estimate | None) -> "EstimateView | None":
        if estimate is None:
            return None
        interval = estimate.interval
        return cls(value=round(estimate.value, 4), low=round(interval.low, 4), high=round(interval.high, 4))


class RuleView(BaseModel):
    """Null where nobody has decided enough to tell."""

    precision: EstimateView | None
    recall: EstimateView | None

    @classmethod
    def of(cls, quality: Quality) -> "RuleView":
        return cls(precision=EstimateView.of(quality.precision), recall=EstimateView.of(quality.recall))


class LabelsView(BaseModel):
    """Pairs by what people decided; `open` wait."""

    same: int
    different: int
    unsure: int
    open: int


class QualityView(BaseModel):
    labels: LabelsView
    automatic: RuleView = Field(description="linking what is certain")
    ask: RuleView = Field(description="asking from probable on")
    how: str = _HOW

    @classmethod
    def of(cls, known: Known) -> "QualityView":
        labels = known.labels
        return cls(
            labels=LabelsView(
                same=labels.same, different=labels.different, unsure=labels.unsure, open=labels.open
            ),
            automatic=RuleView.of(known.automatic),
            ask=RuleView.of(known.ask),
        )
