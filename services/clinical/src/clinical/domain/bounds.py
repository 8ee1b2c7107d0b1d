"""Bounds of periods that are asked for."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Bound:
    """`lower`: the start of a period, or its end unless `of_start`, is at or after `at`; else before it."""

    at: datetime
    lower: bool
    of_start: bool = True

    def holds(self, moment: datetime) -> bool:
        return moment >= self.at if self.lower else moment < self.at
