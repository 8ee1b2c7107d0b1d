"""FHIR's Parameters, in and out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openward_servicekit.errors import FieldError

from patients.api.fhir.incoming import ResourceInvalid, check_type
from patients.api.fhir.parts import Element


class Given:
    """The parameters of a request by name. Raises ResourceInvalid where they are none."""

    def __init__(self, resource: Mapping[str, Any]) -> None:
        check_type(resource, "Parameters")
        found = resource.get("parameter", [])
        if not isinstance(found, list) or not all(_is_named(each) for each in found):
            raise ResourceInvalid(errors=(FieldError("type", "parameters with names", pointer="/parameter"),))
        self._found: Sequence[Mapping[str, Any]] = found

    def all(self, name: str, member: str) -> Iterator[Any]:
        """`member`: resource, valueString, …; raises ResourceInvalid for one that has another."""
        for position, each in enumerate(self._found):
            if each["name"] == name:
                if member not in each:
                    raise _wrong(f"/parameter/{position}", f"{name} needs {member}")
                yield each[member]

    def one(self, name: str, member: str, kind: type) -> Any:
        """None without it; raises ResourceInvalid for several, or one of another kind."""
        values = list(self.all(name, member))
        if len(values) > 1 or not all(isinstance(value, kind) for value in values):
            raise _wrong("/parameter", f"{name} is one {member}")
        return values[0] if values else None


def parameters(*entries: Mapping[str, Any]) -> Element:
    """FHIR has no empty list."""
    return {"resourceType": "Parameters"} | ({"parameter": list(entries)} if entries else {})


def positive(given: Given, name: str) -> int | None:
    """A FHIR integer from 1; None without it."""
    number = given.one(name, "valueInteger", int)
    if number is not None and (isinstance(number, bool) or number < 1):
        raise _wrong("/parameter", f"{name} is a number from 1")
    return None if number is None else int(number)


def missing(name: str) -> ResourceInvalid:
    return _wrong("/parameter", f"{name} is needed", "required")


def _wrong(pointer: str, expected: str, code: str = "value") -> ResourceInvalid:
    return ResourceInvalid(errors=(FieldError(code, expected, pointer=pointer),))


def _is_named(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str)
