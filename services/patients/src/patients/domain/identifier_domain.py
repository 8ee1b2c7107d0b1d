"""Identifier domains: who gives an identifier out, and what holds for its values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from patients.domain import check_digits
from patients.domain.record import Part
from patients.domain.text import Code, System, Text

DomainId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]


class IdentifierDomain(Part):
    """`exclusive`: a value belongs to one person at a time. `check_rule`: of `check_digits`."""

    system: System
    name: Text
    type_code: Code | None = Field(default=None, description="HL7 table 0203: MR, NI, SS, PPN, ...")
    exclusive: bool = True
    check_rule: str | None = None
    assigner: Text | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    @field_validator("check_rule")
    @classmethod
    def _is_known(cls, rule: str | None) -> str | None:
        if rule is not None and rule not in check_digits.list_rules():
            raise PydanticCustomError("check_rule", "Must be one of the rules at /check-digits")
        return rule

    def in_use(self, day: date) -> bool:
        return (self.valid_from or day) <= day <= (self.valid_to or day)


@dataclass(frozen=True, slots=True)
class Domains:
    """The declared domains by system. Values of any other system are taken as they are, one person each."""

    by_system: Mapping[str, IdentifierDomain] = field(default_factory=dict)

    def exclusive(self, system: str) -> bool:
        domain = self.by_system.get(system)
        return domain is None or domain.exclusive
