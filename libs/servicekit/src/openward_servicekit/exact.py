"""Query parameters as a route declares them, each once unless it is a list, and no others.

A filter that is passed over, or of which one of two values is, shows more than was asked for.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final, get_args, get_origin

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from starlette.datastructures import QueryParams

from openward_servicekit.errors import FieldError, Invalid

_LONGEST_NAME: Final = 64


async def exact() -> None:
    """The dependency of a route that refuses what it does not declare: `dependencies=[Depends(exact)]`."""


exact.openward_exact = True  # type: ignore[attr-defined]  # how the guard knows it


class ParametersUnexpected(Invalid):
    """Each that is unknown (`extra-forbidden`, as in a body) or repeated (`parameter-repeated`)."""

    slug = "parameters-unexpected"


def declared(dependant: Dependant) -> Mapping[str, bool]:
    """The names of a route's query parameters; whether each may come several times."""
    elsewhere = (params.Path, params.Header, params.Cookie)
    return {
        field.alias: _is_list(field.field_info.annotation)
        for field in get_flat_params(dependant)
        if not isinstance(field.field_info, elsewhere)
    }


def _is_list(annotation: object) -> bool:
    """Or None, or one of several lists."""
    return get_origin(annotation) is list or any(map(_is_list, get_args(annotation)))


def check(names: Mapping[str, bool], given: QueryParams) -> None:
    """Raises ParametersUnexpected."""
    if errors := list(_errors(names, given)):
        raise ParametersUnexpected("The address has parameters that are not expected.", errors=errors)


def _errors(names: Mapping[str, bool], given: QueryParams) -> Iterator[FieldError]:
    for name in given:
        if name not in names:
            near = get_close_matches(name[:_LONGEST_NAME], names, 1)
            instead = f" Did you mean {near[0]}?" if near else ""
            yield FieldError(
                "extra-forbidden", f"There is no such parameter.{instead}", path=name[:_LONGEST_NAME]
            )
        elif not names[name] and len(given.getlist(name)) > 1:
            yield FieldError("parameter-repeated", "It is said once.", path=name)
