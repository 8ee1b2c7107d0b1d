"""Lines of an import: from bytes to records, and what is told of those that are none."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from patients.domain.identifier_domain import Domains, IdentifierDomain
from patients.domain.imports import splitting
from patients.domain.imports.job import Format, ImportSettings
from patients.domain.imports.numbering import patient_id
from patients.domain.imports.reading import LineReader, LineRefused
from patients.domain.imports.splitting import LINES, LONGEST, Chunk, chunks
from patients.domain.imports.table import Mapping, header
from patients.domain.record import PatientRecord

NHS = "https://fhir.nhs.uk/Id/nhs-number"
DOMAINS = Domains({NHS: IdentifierDomain(system=NHS, name="NHS", check_rule="gb.nhs")})
FULL: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "1",
    "meta": {"security": [{"code": "R"}], "tag": [{"code": "HTEST"}]},
    "text": {"status": "generated", "div": "<div/>"},
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", "valueString": "Berg"},
        {
            "url": "http://hl7.org/fhir/StructureDefinition/patient-genderIdentity",
            "valueCodeableConcept": {"coding": [{"system": "urn:x:y", "code": "female"}]},
        },
    ],
    "identifier": [
        {
            "use": "official",
            "type": {"coding": [{"system": "urn:example:0203", "code": "NH"}]},
            "system": NHS,
            "value": "943 476 5919",
            "period": {"start": "2001-02-03T04:05:06Z"},
            "assigner": {"display": "NHS"},
        }
    ],
    "active": True,
    "name": [
        {"use": "official", "text": "Ann Berg", "family": "Berg", "given": ["Ann"], "prefix": ["Dr"]},
        {"use": "maiden", "family": "Tal"},
    ],
    "telecom": [{"system": "phone", "value": "+44 20 7946 0958", "use": "home", "rank": 1}],
    "gender": "female",
    "birthDate": "1950-01-02",
    "deceasedDateTime": "2020-01-02T03:04:05+01:00",
    "address": [{"use": "home", "line": ["1 High Street"], "city": "York", "postalCode": "YO1 1AA"}],
    "multipleBirthInteger": 2,
    "contact": [
        {
            "relationship": [{"coding": [{"code": "N"}]}],
            "name": {"family": "Tal"},
            "telecom": [{"system": "email", "value": "x@example.org"}],
        }
    ],
    "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en-GB"}]}}],
    "generalPractitioner": [{"display": "Dr Who", "identifier": {"system": "urn:gp:x", "value": "1"}}],
}
#: What FULL says, in the words of the registry.
RECORD: dict[str, Any] = {
    "restricted": True,
    "test": True,
    "mothers_maiden_name": "Berg",
    "gender_identity": {"system": "urn:x:y", "code": "female"},
    "identifiers": [
        {
            "use": "official",
            "type": {"system": "urn:example:0203", "code": "NH"},
            "system": NHS,
            "value": "943 476 5919",
            "period": {"start": "2001-02-03"},
            "assigner": "NHS",
        }
    ],
    "names": [
        {"use": "official", "family": "Berg", "given": ["Ann"], "prefix": ["Dr"]},
        {"use": "maiden", "family": "Tal"},
    ],
    "telecoms": [{"system": "phone", "value": "+442079460958", "use": "home", "rank": 1}],
    "gender": "female",
    "birth_date": "1950-01-02",
    "deceased": True,
    "deceased_at": "2020-01-02T03:04:05+01:00",
    "addresses": [{"use": "home", "line": ["1 High Street"], "city": "York", "postal_code": "YO1 1AA"}],
    "multiple_birth": 2,
    "contacts": [
        {
            "relationship": [{"code": "N"}],
            "name": {"family": "Tal"},
            "telecoms": [{"system": "email", "value": "x@example.org"}],
        }
    ],
    "communications": [{"language": "en-GB"}],
    "general_practitioners": [{"display": "Dr Who", "identifier": {"system": "urn:gp:x", "value": "1"}}],
}


def reader(settings: Any = None, names: tuple[str, ...] = ()) -> LineReader:
    return LineReader.of(settings or ImportSettings(format=Format.NDJSON), names, DOMAINS, None)


def test_a_whole_fhir_patient_becomes_a_record() -> None:
    lines = reader()

    record = lines.read(1, json.dumps(FULL).encode())

    assert lines.not_kept == {}
    assert record == PatientRecord.model_validate(RECORD)


def test_what_has_no_place_is_named_with_its_first_line() -> None:
    lines = reader()
    more: dict[str, Any] = {"photo": [{}], "_birthDate": {}, "managingOrganization": {}}
    name = {"family": "A", "extension": [{}]}

    for number in (1, 2):
        lines.read(number, json.dumps(FULL | more | {"name": [name], "link": []}).encode())

    assert lines.not_kept == dict.fromkeys(
        ["/photo", "/_birthDate", "/managingOrganization", "/name/extension", "/link"], 1
    )


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"identifier": [{"system": NHS, "value": "943 476 5918"}]}, "check-digit", "/identifier/0/value"),
        (
            {"identifier": [{"system": "urn:openward:mrn", "value": "1"}]},
            "mrn",
            "/identifier/0/system",
        ),
        ({"identifier": [{"value": "1"}]}, "missing", "/identifier/0/system"),
        ({"name": [{"text": "Ann Berg"}]}, "name", "/name/0"),
        ({"address": [{"postalCode": 5}]}, "string-type", "/address/0/postalCode"),
        ({"implicitRules": "urn:x:y"}, "modifier", "/implicitRules"),
        ({"name": [{"family": "A", "modifierExtension": [{}]}]}, "modifier", "/name/modifierExtension"),
        ({"name": "Ann"}, "tuple-type", "/name"),
        ({"name": [{"family": "\ud800"}]}, "malformed-json", ""),
        ({"name": [{"family": "a\u202eb"}]}, "characters", "/name/0/family"),
        ({"deceasedDateTime": "1940"}, "deceased", ""),
    ],
)
def test_a_refused_line_says_where_and_never_what(changes: Any, code: str, pointer: str) -> None:
    with pytest.raises(LineRefused) as refused:
        reader().read(7, json.dumps(FULL | changes).encode())

    (problem,) = refused.value.problems
    assert (problem.line, problem.code, problem.pointer) == (7, code, pointer)
    assert not any(word in problem.detail for word in ("943", "Ann", "Berg", "1940"))


def test_a_native_line_is_a_record_as_the_api_takes_it() -> None:
    native = reader(ImportSettings(format=Format.NATIVE))

    assert native.read(1, b'\xef\xbb\xbf{"names": [{"family": "A"}]}\r') is not None
    with pytest.raises(LineRefused) as refused:
        native.read(2, b'{"names": [{"family": "A"}], "x\\u0001y": 1}')
    assert refused.value.problems[0].pointer == "/x?y"


def test_columns_become_places_of_the_record() -> None:
    mapping = Mapping(
        columns={
            "family": "names.0.family",
            "given": "names.0.given",
            "born": "birth_date",
            "sex": "gender",
            "id": "identifiers.1.value",
            "nhs": "identifiers.0.value",
            "from": "identifiers.0.period.start",
            "street": "addresses.0.line.0",
            "active": "active",
        },
        fixed={"identifiers.0.system": NHS, "identifiers.1.system": "urn:x:y", "names.0.use": "usual"},
        delimiter="\t",
        date_format="MM/DD/YYYY",
        gender={"2": "female"},
    )
    names = header(
        b"\xef\xbb\xbf" + b"\t".join(each.encode() for each in [*mapping.columns, "more"]), mapping
    )
    lines = reader(ImportSettings(format=Format.CSV, mapping=mapping), names)

    record = lines.read(2, b'"Ber""g"\tAnn Lea\t2/1/1950\t2\t7\t\t\t1 High Street\tfalse\t')

    assert lines.read(1, b"anything") is None
    assert record == PatientRecord.model_validate(
        {
            "names": [{"use": "usual", "family": 'Ber"g', "given": ["Ann", "Lea"]}],
            "birth_date": "1950-02-01",
            "gender": "female",
            "identifiers": [{"system": "urn:x:y", "value": "7"}],
            "addresses": [{"line": ["1 High Street"]}],
            "active": False,
        }
    )


async def blocks(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def split(data: bytes, size: int, first: int = 1, after: int = 0) -> list[Chunk]:
    return [chunk async for chunk in chunks(blocks(data, size), first, after)]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("end", [b"", b"\n"])
async def test_lines_are_the_same_however_the_blocks_fall(size: int, end: bytes) -> None:
    expected = [b"one", b"", b"three\r", "fünf".encode()]

    assert await split(b"\n".join(expected) + end, size) == [Chunk(1, expected)]


@pytest.mark.parametrize(("first", "after", "rest"), [(1, 2, (3, 4)), (3, 2, (3, 4, 5, 6)), (2, 9, ())])
async def test_settled_lines_are_skipped(first: int, after: int, rest: tuple[int, ...]) -> None:
    found = await split(b"a\nb\nc\nd\n", 3, first, after)

    assert [number for chunk in found for number in range(chunk.first, chunk.last + 1)] == list(rest)


async def test_chunks_have_a_bound_in_lines_and_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    many = await split(b"x\n" * (2 * LINES + 1), 100_000)
    monkeypatch.setattr(splitting, "BYTES", 10)
    large = await split(b"123456\n" * 5, 1000)

    assert [(chunk.first, chunk.last) for chunk in many] == [
        (1, LINES),
        (LINES + 1, 2 * LINES),
        (2 * LINES + 1, 2 * LINES + 1),
    ]
    assert [(chunk.first, chunk.last) for chunk in large] == [(1, 2), (3, 4), (5, 5)]


@pytest.mark.parametrize("size", [65_536, 10_000_000])
async def test_of_a_line_that_is_too_long_only_its_place_is_kept(size: int) -> None:
    found = await split(b"a\n" + b"x" * (3 * LONGEST) + b"\nb\n" + b"y" * (LONGEST + 1), size)

    assert [line for chunk in found for line in chunk.lines] == [b"a", None, b"b", None]


def test_ids_are_the_same_for_a_line_and_grow_with_it() -> None:
    job, began = uuid4(), datetime(2026, 11, 22, 22, 1, tzinfo=UTC)
    numbers = [1, 2, 2**24 - 1, 2**24, 2**24 + 1, 2**36 - 1]

    ids = [patient_id(job, began, number) for number in numbers]

    assert ids == sorted(ids) == [patient_id(job, began, number) for number in numbers]
    assert {each.version for each in ids} == {7}
    assert {each.variant for each in ids} == {UUID(int=2 << 62).variant}
    assert patient_id(uuid4(), began, 1) != ids[0]
    assert ids[0].int >> 80 == int(began.timestamp() * 1000)
