"""The numbers of the model, kept apart from it, versioned and checked before use.

`m` is how often an outcome is seen when two records are one person, `u` when they are not; log2(m / u)
are the bits that it adds. `basis` says where the two come from: learnt from records, or assumed for now.
"""

import json
import math
from importlib import resources
from typing import Annotated, Literal, Self

from openward_servicekit.errors import FieldError, Invalid
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from patients.domain.matching.vocabulary import FIELD, MISSING

SHIPPED = "2026-11"
_ROUNDING = 1e-3

Share = Annotated[float, Field(gt=0, lt=1)]


class WeightsBroken(Invalid):
    """Not a set of weights of this model; `errors` point to what is wrong."""

    slug = "weights-broken"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OutcomeWeights(_Part):
    m: Share
    u: Share
    basis: Literal["learnt", "assumed"] = "assumed"

    @property
    def bits(self) -> float:
        return math.log2(self.m / self.u)


class Thresholds(_Part):
    """Least probability of each grade. Only `certain` may link by itself; `possible` is worth showing."""

    possible: Share = 0.01
    probable: Share = 0.5
    certain: Share = 0.9999

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if not self.possible <= self.probable <= self.certain:
            raise ValueError("thresholds must not fall from possible to certain")
        return self


class Weights(_Part):
    """One version of the model's numbers.

    `expected_matches` is how many records of the registry are expected to be the person of a new one.
    `household_cap` is the most bits that address, telephone and e-mail may add together: a household
    shares them all. `address_floor` is the most that an address may take from somebody who is
    recognised by given name and birth date: people move.
    `crossed_names` are the bits that it costs to read the family name as given name. `name_inertia` is
    how many records' worth of average names each name's own frequency is mixed with.
    """

    version: Annotated[str, Field(pattern=r"^[0-9a-z][0-9a-z.-]{0,39}$")]
    learnt_from: str
    expected_matches: Annotated[float, Field(gt=0, le=10)]
    household_cap: Annotated[float, Field(ge=0, le=60)]
    address_floor: Annotated[float, Field(ge=-60, le=0)]
    crossed_names: Annotated[float, Field(ge=-30, le=0)]
    name_inertia: Annotated[float, Field(ge=0, le=1e6)]
    thresholds: Thresholds
    fields: dict[str, dict[str, OutcomeWeights]]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if set(self.fields) != set(FIELD):
            raise ValueError("weights are needed for exactly the fields of the model")
        for name, outcomes in self.fields.items():
            if set(outcomes) != set(FIELD[name].outcomes) - {MISSING}:
                raise ValueError(f"{name}: weights are needed for exactly the outcomes of this field")
            for sums in (sum(w.m for w in outcomes.values()), sum(w.u for w in outcomes.values())):
                if abs(sums - 1) > _ROUNDING:
                    raise ValueError(f"{name}: m and u must each add up to 1")
        return self


def parse(text: str) -> Weights:
    """Raises WeightsBroken."""
    try:
        return Weights.model_validate_json(text)
    except ValidationError as refused:
        errors = [
            FieldError(error["type"], error["msg"], pointer="".join(f"/{part}" for part in error["loc"]))
            for error in refused.errors(include_input=False, include_url=False)
        ]
        raise WeightsBroken("These are no weights of this model.", errors=errors) from None


def write(weights: Weights) -> str:
    """What `parse` reads; stable, so that two versions can be told apart by diff."""
    return json.dumps(weights.model_dump(mode="json"), indent=2) + "\n"


def shipped(version: str = SHIPPED) -> Weights:
    """Of this package. Raises FileNotFoundError for a version that is not shipped."""
    return parse((resources.files("patients.domain.matching") / "weights" / f"{version}.json").read_text())
