"""From the path of a value in FLAT to what the form says of it."""

from collections.abc import Iterator, Mapping

from openward_openehr.form.model import Field, Form


def index(form: Form) -> Mapping[str, Field]:
    """Every field, those of the context and those within others included, by its path.

    The path of a value in FLAT is found after `simplified.parse` stripped it of indexes and suffix.
    """
    return {each.path: each for each in _all((*form.fields, *form.context))}


def _all(fields: tuple[Field, ...]) -> Iterator[Field]:
    for each in fields:
        yield each
        yield from _all(each.fields)
