"""Conditional create and update: the one criterion is an identifier, as IHE PIXm ITI-104 has it."""

from typing import Any
from urllib.parse import parse_qsl

from openward_servicekit.auth import Principal
from openward_servicekit.errors import FieldError, Invalid, Malformed, PreconditionFailed

from patients.domain.patient import Patient
from patients.service.cross_referencing import Token
from patients.service.patients import Patients


class CriterionNotSupported(Malformed):
    slug = "criterion-not-supported"

    def __init__(self) -> None:
        super().__init__("The criterion is one identifier: identifier=system|value.")


class SeveralMatches(PreconditionFailed):
    slug = "several-matches"

    def __init__(self) -> None:
        super().__init__("The criterion holds for several patients.")


class IdentifierMissing(Invalid):
    """The resource would not be found again by the criterion under which it is sent."""

    slug = "identifier-missing"

    def __init__(self) -> None:
        error = FieldError("required", "must have the identifier of the criterion", pointer="/identifier")
        super().__init__("The identifier in the URL must be one of the resource.", errors=(error,))


def criterion(query: str) -> Token:
    """Of `identifier=system|value`, with `_format` beside it at most. Raises CriterionNotSupported."""
    given = [pair for pair in parse_qsl(query, keep_blank_values=True) if not pair[0].startswith("_")]
    if len(given) != 1 or given[0][0] != "identifier":
        raise CriterionNotSupported
    return token(given[0][1])


def token(text: str) -> Token:
    """`system|value`, both given."""
    system, bar, value = text.partition("|")
    if not (system and bar and value):
        raise CriterionNotSupported
    return Token(system, value)


def of_identifier(element: Any) -> Token | None:
    """Of an Identifier that says both; else None."""
    if not isinstance(element, dict):
        return None
    system, value = element.get("system"), element.get("value")
    return Token(system, value) if isinstance(system, str) and isinstance(value, str) else None


async def existing(services: Patients, caller: Principal, query: str) -> Patient | None:
    """Who has the identifier; recorded as read. Raises CriterionNotSupported, SeveralMatches."""
    holder = await the_holder(services, caller, criterion(query))
    return await services.cross_references.released(caller, holder.id) if holder else None


async def the_holder(services: Patients, caller: Principal, wanted: Token) -> Patient | None:
    holders = await services.cross_references.holders(caller, wanted)
    if len(holders) > 1:
        raise SeveralMatches
    return holders[0] if holders else None
