"""Values of parameters: read from JSON or from an address, checked, printed as AQL.

A value reaches a query as literals that are printed here, and nothing else: whatever it says, the query has
the same tokens but for these (shown in tests/unit/test_query_product_values.py).
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from openward_contracts.identifiers import ObjectId, VersionUid
from openward_servicekit.errors import FieldError

from clinical.domain.aql.lexer import is_temporal
from clinical.domain.aql.rewriting import quoted
from clinical.domain.query_product.errors import ParametersInvalid
from clinical.domain.query_product.forms import FORMS
from clinical.domain.query_product.model import NUMERIC, Kind, Parameter, Plain, Value
from clinical.domain.query_product.patterns import matches

LONGEST_TEXT: Final = 1000
MOST_VALUES: Final = 100
#: Beyond these JSON's readers do not agree what a number is.
LARGEST: Final = 2**53
#: EHRbase answers 500 to the first; the others are no characters.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_INTEGER: Final = re.compile(r"-?\d{1,16}", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,16}(?:\.\d{1,16})?(?:[eE][+-]?\d{1,2})?", re.ASCII)


class _Wrong(Exception):  # noqa: N818  a step on the way to a FieldError
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def checked(
    parameters: Sequence[Parameter], given: Mapping[str, object], where: Callable[[str], Mapping[str, str]]
) -> dict[str, Value]:
    """The value of each parameter, defaults included.

    `given`: JSON values; text where `from_text` has read an address. `where`: `pointer` or `path` of a name.

    Raises:
        ParametersInvalid: with all that is wrong.
    """
    errors: list[FieldError] = []
    values: dict[str, Value] = {}
    for parameter in parameters:
        try:
            values[parameter.name] = _value(parameter, given)
        except _Wrong as wrong:
            errors.append(FieldError(wrong.code, wrong.detail, **where(parameter.name)))
    errors += _unknown([parameter.name for parameter in parameters], given, where)
    if errors:
        raise ParametersInvalid(errors)
    return values


def problem_of(parameter: Parameter, value: Value) -> str | None:
    """What is wrong with a default or an example; None if it could be sent."""
    given = list(value) if isinstance(value, tuple) else value
    try:
        _value(parameter, {parameter.name: given})
    except _Wrong as wrong:
        return wrong.detail
    return None


def from_text(parameter: Parameter, texts: Sequence[str]) -> object:
    """What an address says, as JSON would; text that is none of its kind stays, and is refused as such."""
    read = [_read(parameter.kind, text) for text in texts]
    return read if parameter.many or len(read) > 1 else read[0]


def printed(parameter: Parameter, value: Value) -> str:
    """In AQL, of `many` the literals between the braces of MATCHES."""
    values = value if isinstance(value, tuple) else (value,)
    return ", ".join(_printed(parameter.kind, each) for each in values)


def _read(kind: Kind, text: str) -> object:
    if kind is Kind.BOOLEAN:
        return {"true": True, "false": False}.get(text, text)
    if kind is Kind.INTEGER and _INTEGER.fullmatch(text):
        return int(text)
    if kind is Kind.NUMBER and _NUMBER.fullmatch(text):
        return float(text)
    return text


def _unknown(
    known: Sequence[str], given: Mapping[str, object], where: Callable[[str], Mapping[str, str]]
) -> Iterator[FieldError]:
    for name in given:
        if name not in known:
            near = get_close_matches(name[:100], known, 1)
            instead = f" Did you mean {near[0]}?" if near else ""
            detail = f"There is no such parameter.{instead}"
            yield FieldError("parameter-unknown", detail, **where(name[:100]))


def _value(parameter: Parameter, given: Mapping[str, object]) -> Value:
    value = given.get(parameter.name)
    if value is None:
        if parameter.default is None:
            raise _Wrong("parameter-missing", "A value is needed.")
        return parameter.default
    if not parameter.many:
        return _plain(parameter, value)
    if not isinstance(value, list) or not 0 < len(value) <= MOST_VALUES:
        raise _Wrong("parameter-type", f"A list of 1 to {MOST_VALUES} values is expected.")
    return tuple(_plain(parameter, each) for each in value)


def _plain(parameter: Parameter, value: object) -> Plain:
    read = _READERS[parameter.kind]
    plain = read(value)
    if parameter.enum and plain not in map(read, parameter.enum):
        raise _Wrong("parameter-enum", "Not one of the values that are declared.")
    if parameter.pattern is not None and not matches(parameter.pattern, str(plain)):
        raise _Wrong("parameter-pattern", "The pattern that is declared does not match.")
    _check_range(parameter, plain)
    return plain


def _check_range(parameter: Parameter, plain: Plain) -> None:
    of = _comparable(parameter.kind)
    if parameter.minimum is not None and of(plain) < of(parameter.minimum):
        raise _Wrong("parameter-range", f"At least {parameter.minimum}{_unit(parameter)}.")
    if parameter.maximum is not None and of(plain) > of(parameter.maximum):
        raise _Wrong("parameter-range", f"At most {parameter.maximum}{_unit(parameter)}.")


def _unit(parameter: Parameter) -> str:
    return f" {parameter.unit}" if parameter.unit else ""


def _comparable(kind: Kind) -> Callable[[Plain], float]:
    if kind in NUMERIC:
        return float
    if kind is Kind.DATE_TIME:
        return lambda value: datetime.fromisoformat(str(value)).timestamp()
    return lambda value: float(date.fromisoformat(str(value)).toordinal())


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Wrong("parameter-type", "A text is expected.")
    if len(value) > LONGEST_TEXT:
        raise _Wrong("parameter-too-long", f"At most {LONGEST_TEXT} characters.")
    if _UNSTORABLE.search(value):
        raise _Wrong("parameter-character", "It holds what is no character of a text.")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise _Wrong("parameter-type", "A whole number is expected.")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong("parameter-type", "A number is expected.")
    if not -LARGEST <= value <= LARGEST or (isinstance(value, float) and math.isnan(value)):
        raise _Wrong("parameter-type", "A number is expected that is not larger than 2^53.")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("parameter-type", "true or false is expected.")
    return value


def _date(value: object) -> str:
    return _formed(value, Kind.DATE, date.fromisoformat, "A date is expected: YYYY-MM-DD.")


def _time(value: object) -> str:
    return _formed(value, Kind.TIME, time.fromisoformat, "A time is expected: hh:mm:ss.")


def _date_time(value: object) -> str:
    zone = "A time is expected with its zone (RFC 3339): 2026-11-22T10:00:00Z."
    return _formed(value, Kind.DATE_TIME, datetime.fromisoformat, zone)


def _duration(value: object) -> str:
    return _formed(value, Kind.DURATION, str, "A duration is expected (ISO 8601): P1DT12H.")


def _uuid(value: object) -> str:
    """As EHRbase writes it, which compares some of them as text."""
    return str(ObjectId(_formed(value, Kind.UUID, str, "A UUID is expected.")))


def _version_uid(value: object) -> str:
    what = "A version uid is expected: <uuid>::<system>::<version>."
    return str(VersionUid(_formed(value, Kind.VERSION_UID, VersionUid, what)))


def _formed(value: object, kind: Kind, read: Callable[[str], object], what: str) -> str:
    text = _text(value)
    try:
        read(text)
    except ValueError:
        raise _Wrong("parameter-type", what) from None
    if not re.fullmatch(FORMS[kind], text):
        raise _Wrong("parameter-type", what)
    return text


_READERS: Final[Mapping[Kind, Callable[[object], Plain]]] = {
    Kind.STRING: _text,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.DATE_TIME: _date_time,
    Kind.DURATION: _duration,
    Kind.UUID: _uuid,
    Kind.VERSION_UID: _version_uid,
}


def _printed(kind: Kind, value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{Decimal(repr(value)):f}"
    if kind is Kind.STRING and is_temporal(quoted(value)):
        # By its first character escaped it stays text, also where AQL takes no literal of a time.
        return f"'\\u{ord(value[0]):04x}{value[1:]}'"
    return quoted(value)
