"""CSV (RFC 4180, but one line to a record): a mapping from columns to places in the record."""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, Field, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from patients.domain.imports.errors import ImportHeaderInvalid
from patients.domain.record import Gender, Part, PatientRecord

Column = Annotated[str, Field(min_length=1, max_length=100)]
Target = Annotated[str, Field(max_length=100, examples=["names.0.family", "identifiers.0.value"])]
#: Year, month and day with or without separators.
DateFormat = Annotated[str, Field(pattern=r"^(YYYY|MM|DD)[-./ ]?(YYYY|MM|DD)[-./ ]?(YYYY|MM|DD)$")]

_DATES: Final = frozenset({"birth_date", "deceased_at", "start", "end"})
_GROUPS: Final = {"YYYY": r"(?P<year>\d{4})", "MM": r"(?P<month>\d{1,2})", "DD": r"(?P<day>\d{1,2})"}
_MOST: Final = 20
"""Of an element that repeats, such as names."""

Step = str | int


class CsvProblem(ValueError):  # noqa: N818  named for what it tells
    """`code` and what was expected."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Mapping(Part):
    """Where the columns of a file belong. Columns that are not named here are left out."""

    columns: dict[Column, Target] = Field(min_length=1, max_length=200, description="column -> place")
    fixed: dict[Target, Annotated[str, Field(max_length=255)]] = Field(
        default_factory=dict, max_length=200, description="place -> value, beside what a column brings"
    )
    delimiter: Literal[",", ";", "\t", "|"] = ","
    date_format: DateFormat | None = Field(default=None, description="YYYY, MM and DD; ISO dates always do")
    gender: dict[Annotated[str, Field(max_length=50)], Gender] = Field(
        default_factory=dict, max_length=50, description="the file's codes; FHIR's always do"
    )

    @field_validator("columns")
    @classmethod
    def _lead_somewhere(cls, columns: dict[str, str]) -> dict[str, str]:
        for target in columns.values():
            _check_target(target)
        if len(set(columns.values())) < len(columns):
            raise PydanticCustomError("target", "Two columns cannot have one place")
        return columns

    @field_validator("fixed")
    @classmethod
    def _are_places(cls, fixed: dict[str, str]) -> dict[str, str]:
        for target in fixed:
            _check_target(target)
        return fixed


def header(line: bytes | None, mapping: Mapping) -> tuple[str, ...]:
    """The columns of a file's first line. Raises ImportHeaderInvalid."""
    try:
        names = tuple(name.strip() for name in fields(text(line or b"", 1), mapping.delimiter))
    except CsvProblem as problem:
        raise ImportHeaderInvalid(f"The first line {problem.detail}.") from None
    wrong = [column for column in mapping.columns if names.count(column) != 1]
    if wrong:
        raise ImportHeaderInvalid("The first line must name every column of the mapping once.", wrong)
    return names


def text(line: bytes, number: int) -> str:
    """Without a carriage return at the end, or a byte order mark at the beginning of a file."""
    try:
        return line.removesuffix(b"\r").decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        raise CsvProblem("not-utf-8", "is not UTF-8") from None


def fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader((line,), delimiter=delimiter, strict=True), [])
    except csv.Error:
        raise CsvProblem("csv", "has quotes that do not match; a field cannot hold a line break") from None


@dataclass(frozen=True, slots=True)
class TableReader:
    """From the fields of a line to the document of a record."""

    columns: int
    delimiter: str
    _places: Sequence[tuple[int, tuple[Step, ...], Callable[[str], Any]]]
    _fixed: Sequence[tuple[tuple[Step, ...], str]]

    @classmethod
    def of(cls, mapping: Mapping, names: Sequence[str]) -> "TableReader":
        """`names` of the columns, as `header` read them."""
        places = [
            (names.index(column), _steps(target), _conversion(target, mapping))
            for column, target in mapping.columns.items()
        ]
        fixed = [(_steps(target), value) for target, value in mapping.fixed.items()]
        return cls(len(names), mapping.delimiter, places, fixed)

    def document(self, line: str) -> dict[str, Any]:
        """Blank fields say nothing; what repeats is there if a column said something of it.

        Raises CsvProblem.
        """
        values = fields(line, self.delimiter)
        if len(values) != self.columns:
            raise CsvProblem("csv-columns", "must have as many fields as the first line")
        found: dict[Step, Any] = {}
        for index, steps, convert in self._places:
            value = values[index].strip()
            if value:
                _put(found, steps, convert(value))
        for steps, value in self._fixed:
            if _is_there(found, steps):
                _put(found, steps, value)
        return {str(name): _listed(value) for name, value in found.items()}


def _check_target(target: str) -> None:
    """Raises when the record has no such place for one text."""
    place: Any = PatientRecord
    for step in _steps(target):
        place = _inside(place, step)
        if place is None:
            raise PydanticCustomError("target", "Must be a place in the record, such as names.0.family")
    if _model(place) or (_item(place) is not None and not _is_words(target)):
        raise PydanticCustomError("target", "Must be a place for one value, such as names.0.family")


def _inside(place: Any, step: Step) -> Any:
    if isinstance(step, int):
        return _item(place) if step < _MOST else None
    model = _model(place)
    found: FieldInfo | None = model.model_fields.get(step) if model else None
    return found.annotation if found else None


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation such as `HumanName | None`."""
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each if _item(annotation) is None else None
    return None


def _item(annotation: Any) -> Any:
    """What a `tuple[X, ...]` holds, also inside an Annotated; None of anything else."""
    arguments = get_args(annotation)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return arguments[0]
    first = arguments[0] if arguments else None
    return _item(first) if get_args(first) and first is not annotation else None


def _steps(target: str) -> tuple[Step, ...]:
    return tuple(int(part) if part.isdecimal() and part.isascii() else part for part in target.split("."))


def _is_words(target: str) -> bool:
    """A column with all given names, or all prefixes or suffixes."""
    return target.rpartition(".")[2] in {"given", "prefix", "suffix"}


def _conversion(target: str, mapping: Mapping) -> Callable[[str], Any]:
    last = target.rpartition(".")[2]
    if last == "gender":
        return lambda code: mapping.gender.get(code, code.lower())
    if last in _DATES and mapping.date_format:
        form = re.compile(_date_pattern(mapping.date_format), re.ASCII)
        return lambda value: _iso(form, value)
    if _is_words(target):
        return str.split
    return str


def _date_pattern(date_format: str) -> str:
    return re.sub("YYYY|MM|DD", lambda part: _GROUPS[part[0]], date_format.replace(".", r"\."))


def _iso(form: re.Pattern[str], value: str) -> str:
    match = form.fullmatch(value)
    return f"{match['year']}-{int(match['month']):02}-{int(match['day']):02}" if match else value


def _put(found: dict[Step, Any], steps: Sequence[Step], value: Any) -> None:
    for step in steps[:-1]:
        found = found.setdefault(step, {})
    found[steps[-1]] = value


def _is_there(found: dict[Step, Any], steps: Sequence[Step]) -> bool:
    """Whether all that the place is in was named by a column; what is in the record itself always is."""
    for step in steps[:-1]:
        if step not in found:
            return False
        found = found[step]
    return True


def _listed(value: Any) -> Any:
    """Dictionaries of positions as lists, without gaps."""
    if not isinstance(value, dict):
        return value
    if any(isinstance(step, int) for step in value):
        return [_listed(value[step]) for step in sorted(value)]
    return {name: _listed(each) for name, each in value.items()}
