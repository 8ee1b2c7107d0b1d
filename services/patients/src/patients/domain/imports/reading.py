"""One line of an import as a record: the same rules as of a registration, and pointers into what was sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from openward_servicekit import strict_json
from openward_servicekit.errors import FieldError, Invalid
from openward_servicekit.validation import invalid_body
from pydantic import ValidationError

from patients.domain import identity
from patients.domain.identifier_domain import Domains
from patients.domain.imports import fhir
from patients.domain.imports.job import MOST_PROBLEMS, Format, ImportSettings, Problem
from patients.domain.imports.splitting import LONGEST
from patients.domain.imports.table import CsvProblem, TableReader, text
from patients.domain.record import PatientRecord


class LineRefused(Exception):  # noqa: N818  named for what happened
    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("a line was refused")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class LineReader:
    """Reads the lines of one import. `not_kept`: elements that were left out, each with its first line."""

    settings: ImportSettings
    domains: Domains
    region: str | None
    table: TableReader | None = None
    not_kept: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, settings: ImportSettings, header: tuple[str, ...], domains: Domains, region: str | None
    ) -> "LineReader":
        table = TableReader.of(settings.mapping, header) if settings.mapping else None
        return cls(settings, domains, region, table)

    def read(self, number: int, line: bytes | None) -> PatientRecord | None:
        """None of a line without a patient: blank, or the header. Raises LineRefused."""
        if line is None:
            raise self._refused(number, "too-long", f"must have at most {LONGEST} bytes")
        if not line.strip() or (self.table and number == 1):
            return None
        return self._checked(number, self._document(number, line))

    def _document(self, number: int, line: bytes) -> object:
        try:
            if self.table:
                return self.table.document(text(line, number))
            sent = strict_json.loads(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
        except CsvProblem as problem:
            raise self._refused(number, problem.code, problem.detail) from None
        except ValueError as error:
            raise self._refused(number, "malformed-json", str(error)) from None
        return self._of_fhir(number, sent) if self.settings.format is Format.NDJSON else sent

    def _of_fhir(self, number: int, resource: object) -> object:
        left_out: set[str] = set()
        try:
            found = fhir.document(resource, left_out)
        except fhir.ElementRefused as refusal:
            raise self._refused(number, refusal.code, refusal.detail, refusal.pointer) from None
        for pointer in left_out:
            self.not_kept.setdefault(pointer, number)
        return found

    def _checked(self, number: int, document: object) -> PatientRecord:
        try:
            record = PatientRecord.model_validate(document)
            return identity.checked(record, self.domains, self.region)
        except ValidationError as error:
            raise self._broken(number, invalid_body(error).errors) from None
        except Invalid as error:
            raise self._broken(number, error.errors) from None

    def _broken(self, number: int, errors: Iterable[FieldError]) -> LineRefused:
        found = [
            Problem(number, self._pointer(error.pointer or ""), error.code, _plain(error.detail))
            for error in errors
        ]
        return LineRefused(found[:MOST_PROBLEMS])

    def _pointer(self, pointer: str) -> str:
        plain = _plain(pointer)
        return fhir.pointer(plain) if self.settings.format is Format.NDJSON else plain

    def _refused(self, number: int, code: str, detail: str, pointer: str = "") -> LineRefused:
        return LineRefused([Problem(number, _plain(pointer), code, detail)])


def _plain(text: str) -> str:
    """Names of unknown members are the sender's: a database takes no NUL, and nobody reads the others."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:500]
