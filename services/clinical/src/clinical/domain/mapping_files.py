"""Mapping files: TOML by which an installation says what archetypes mean here (ADR 36)."""

import tomllib
from typing import TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class MappingUnreadable(ValueError):  # noqa: N818  errors are named <Noun><Problem> here
    """A mapping file that does not say what it should; one line, where and what."""


def read_mapping(model: type[Model], text: str) -> Model:
    """Raises MappingUnreadable."""
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise MappingUnreadable(" ".join(str(error).split())) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise MappingUnreadable(f"{where}: {first['msg']}") from None
