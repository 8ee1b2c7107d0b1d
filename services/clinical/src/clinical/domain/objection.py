"""What EHRbase objects to in a composition, without what the composition says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Place(StrEnum):
    """How EHRbase says where it is: in the reference model, in FLAT, in JSON, or not at all."""

    AQL = "aql"
    FLAT = "flat"
    POINTER = "pointer"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Objection:
    """`rule`: a slug, as the shared validator has them where it knows the like (`validation.Rule`)."""

    rule: str
    place: Place = Place.NOWHERE
    path: str = ""
    expected: Mapping[str, Any] = field(default_factory=dict, hash=False)
