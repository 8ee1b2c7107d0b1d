"""What FLAT must be whatever the template; EHRbase answers some of these with 500."""

from openward_servicekit.errors import FieldError

_NUMBERS = ("|magnitude", "|numerator", "|denominator")


def problems(content: dict[str, object]) -> tuple[FieldError, ...]:
    """Values that cannot be right at their path."""
    return tuple(problem for path, value in content.items() if (problem := _problem(path, value)))


def _problem(path: str, value: object) -> FieldError | None:
    if isinstance(value, dict | list):
        return FieldError(path=path, code="type", detail="FLAT holds single values")
    if path.endswith(_NUMBERS) and (isinstance(value, bool) or not isinstance(value, int | float)):
        return FieldError(path=path, code="type", detail="must be a number")
    return None
