"""Files of patients over HTTP: what is registered, what is told of the rest, and nothing is there twice."""

import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from patients.domain.keys import delete_keys
from patients.settings import Settings

IMPORTS = "/api/patients/v1/imports"
NDJSON = {"format": "ndjson"}
COLUMNS = {
    "Family": "names.0.family",
    "Given": "names.0.given",
    "MRN": "identifiers.0.value",
    "Born": "birth_date",
    "Sex": "gender",
}
CSV = {
    "format": "csv",
    "mapping": {
        "columns": COLUMNS,
        "fixed": {"identifiers.0.system": "urn:example:ward"},
        "delimiter": ";",
        "date_format": "DD.MM.YYYY",
        "gender": {"W": "female"},
    },
}


@pytest.fixture
async def stored(settings: Settings) -> Any:
    password = settings.database_password.get_secret_value()
    connection = await asyncpg.connect(settings.database_url, password=password)
    yield connection
    await connection.close()


@pytest.fixture
def importer(registry: Any) -> Any:
    return Importer(registry)


class Importer:
    """An administrator who sends files."""

    def __init__(self, registry: Any) -> None:
        self.client = registry.client
        self.headers = registry.headers("admin")

    async def start(self, settings: Any = NDJSON) -> str:
        answer = await self.client.post(IMPORTS, json=settings, headers=self.headers)
        assert answer.status_code == 201, answer.text
        return f"{IMPORTS}/{answer.json()['id']}"

    async def send(self, url: str, body: Any, from_line: int = 1) -> Any:
        return await self.client.put(
            f"{url}/content", params={"from_line": from_line}, content=body, headers=self.headers
        )

    async def counts(self, url: str) -> tuple[int, int, int, int]:
        job = (await self.client.get(url, headers=self.headers)).json()
        return job["lines"], job["registered"], job["known"], job["refused"]

    async def problems(self, url: str) -> list[tuple[int, str, str]]:
        page = (await self.client.get(f"{url}/errors", headers=self.headers)).json()
        return [(each["line"], each["code"], each["pointer"]) for each in page["items"]]


def resource(**changes: Any) -> dict[str, Any]:
    """A FHIR Patient like nobody else."""
    family = "".join(chr(ord("a") + digit) for digit in uuid4().bytes[:8] if digit < 26) + uuid4().hex[:6]
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:example:hospital", "value": uuid4().hex}],
        "name": [{"use": "official", "family": f"O'{family}", "given": ["Zoë", "Ann"]}],
        "telecom": [{"system": "email", "value": f"{family}\\x@example.org"}],
        "gender": "female",
        "birthDate": "1980-02-29",
        **changes,
    }


def lines(*resources: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in resources)


async def test_an_imported_patient_is_stored_as_if_registered_by_hand(
    importer: Importer, registry: Any, stored: asyncpg.Connection
) -> None:
    imported, number = resource(), uuid4().hex
    system = imported["identifier"][0]["system"]
    record = {
        "names": imported["name"],
        "identifiers": [{"system": system, "value": number}],
        "telecoms": imported["telecom"],
        "addresses": [{"line": ["12 Main\\Street"], "postal_code": "SW1A 1AA"}],
        "gender": imported["gender"],
        "birth_date": imported["birthDate"],
    }
    imported["address"] = [{"line": ["12 Main\\Street"], "postalCode": "SW1A 1AA"}]

    by_hand = await registry.post(record)
    await importer.send(await importer.start(), lines(imported))

    assert by_hand.status_code == 201, by_hand.text
    rows = [await _stored(stored, system, key) for key in (number, imported["identifier"][0]["value"])]
    assert rows[0] == rows[1]
    assert len(rows[0]["patient_key"]) == 3


async def _stored(stored: asyncpg.Connection, system: str, number: str) -> dict[str, Any]:
    """All that there is of a patient, without what differs from patient to patient."""
    patient_id = await stored.fetchval(
        "select patient_id from patient_identifier where (system, value_key) = ($1, $2)",
        *(system, number.upper()),
    )
    queries = {
        "patient": "select version, (record - 'identifiers')::text, gender, birth_date, active, restricted,"
        " matchable, survivor_id, ehr_state, changed, reason, created_at = updated_at from patient"
        " where id = $1",
        "patient_name": "select family_key, given_key, birth_date from patient_name where patient_id = $1",
        "patient_key": "select kind, key from patient_key where patient_id = $1",
        "identifier": "select system, holder from patient_identifier where patient_id = $1",
    }
    return {
        name: sorted(tuple(row) for row in await stored.fetch(query, patient_id))
        for name, query in queries.items()
    }


async def test_every_line_is_registered_known_or_refused(importer: Importer) -> None:
    twice, other = resource(), resource()
    stolen = resource(identifier=twice["identifier"], birthDate="1950-01-01")
    stolen["name"] = [{"family": "Quite", "given": ["Different"]}]
    url = await importer.start()
    body = (
        lines(twice, twice, stolen)
        + b"\xff\n\n{not json}\n"
        + lines(resource(gender="F"), resource(resourceType="Person"), resource(birthDate="1980-02-30"))
        + b'{"a": 1, "a": 2}\n'
        + lines(resource(name=[{"family": "nul\u0000"}]), resource(photo=[{}], modifierExtension=[{}]))
        + lines(other | {"photo": [{}]})[:-1]
    )

    answer = await importer.send(url, body)

    assert answer.status_code == 200, answer.text
    assert await importer.counts(url) == (13, 2, 1, 9)
    assert await importer.problems(url) == [
        (3, "identifier-taken", ""),
        (4, "malformed-json", ""),
        (6, "malformed-json", ""),
        (7, "enum", "/gender"),
        (8, "not-a-patient", "/resourceType"),
        (9, "date", "/birthDate"),
        (10, "malformed-json", ""),
        (11, "malformed-json", ""),
        (12, "modifier", "/modifierExtension"),
        (13, "not-kept", "/photo"),
    ]


async def test_what_another_import_or_a_clerk_has_registered_is_known(
    importer: Importer, registry: Any, person: Any
) -> None:
    made, sent = await registry.post(person), resource()
    by_clerk = resource(identifier=person["identifiers"], name=[{"family": "Else", "given": ["Somebody"]}])
    await importer.send(await importer.start(), lines(sent))
    url = await importer.start()

    await importer.send(url, lines(by_clerk | {"birthDate": person["birth_date"]}, sent, by_clerk))

    assert made.status_code == 201
    assert await importer.counts(url) == (3, 0, 2, 1)
    assert await importer.problems(url) == [(3, "identifier-taken", "")]


async def test_sending_everything_again_changes_nothing(importer: Importer) -> None:
    url = await importer.start()
    body = lines(*(resource(identifier=[]) for _ in range(5)))
    await importer.send(url, body)
    before = await importer.counts(url)

    again = await importer.send(url, body + lines(resource()))
    rest = await importer.send(url, lines(resource()), from_line=7)
    gap = await importer.send(url, lines(resource()), from_line=9)

    assert before == (5, 5, 0, 0)
    assert [again.json()["lines"], rest.json()["lines"]] == [6, 7]
    assert (gap.status_code, gap.json()["code"]) == (409, "import-gap")
    assert await importer.counts(url) == (7, 7, 0, 0)


async def test_a_table_is_read_by_its_mapping(importer: Importer, registry: Any) -> None:
    url = await importer.start(CSV)
    number = uuid4().hex
    text = (
        "\ufeffMRN;Family;Given;Born;Sex;Note\r\n"
        f'{number};"Mü;ller";Eva Maria;1.2.1980;W;x\r\n'
        ";Nobody;;31.02.1980;W;\r\n"
        "1;2\r\n"
        '2;"open\r\n'
    )

    await importer.send(url, text.encode())
    rest = await importer.send(url, b"\r\n;Later;;1980;M;\r\n;Male;;;male;\n", from_line=6)

    assert rest.json()["lines"] == 8
    assert await importer.counts(url) == (8, 2, 0, 4)
    assert await importer.problems(url) == [
        (3, "date", "/birth_date"),
        (4, "csv-columns", ""),
        (5, "csv", ""),
        (7, "enum", "/gender"),
    ]
    found = await registry.client.post(
        "/api/patients/v1/patients/_search",
        json={"identifier": {"system": "urn:example:ward", "value": number}},
        headers=registry.headers(),
    )
    (patient,) = found.json()["items"]
    name = patient["names"][0]
    assert (name["family"], name["given"]) == ("Mü;ller", ["Eva", "Maria"])
    assert (patient["birth_date"], patient["gender"]) == ("1980-02-01", "female")


@pytest.mark.parametrize("first", ["MRN;Family;Given;Born", "MRN;MRN;Family;Given;Born;Sex", "", "\xff"])
async def test_a_table_without_its_columns_is_not_begun(importer: Importer, first: str) -> None:
    url = await importer.start(CSV)

    answer = await importer.send(url, f"{first}\n1;2;3;4;5\n".encode("latin-1"))

    assert (answer.status_code, answer.json()["code"]) == (422, "import-header-invalid")
    assert await importer.counts(url) == (0, 0, 0, 0)


async def test_a_line_of_megabytes_is_refused_and_the_next_is_read(importer: Importer) -> None:
    async def body() -> Any:
        yield lines(resource())
        for _ in range(80):
            yield b"x" * 65_536
        yield b"\n" + lines(resource())

    url = await importer.start()
    await importer.send(url, body())

    assert await importer.counts(url) == (3, 2, 0, 1)
    assert await importer.problems(url) == [(2, "too-long", "")]


async def test_new_words_have_the_keys_of_the_dictionary(
    importer: Importer, stored: asyncpg.Connection
) -> None:
    names = [uuid4().hex, "ab", "a", "aab", uuid4().hex + uuid4().hex[:9]]
    await importer.send(await importer.start(), lines(*(resource(name=[{"family": each}]) for each in names)))

    for name in names:
        keys = await stored.fetch("select key from name_delete where kind = 'family' and word = $1", name)
        assert {row["key"] for row in keys} == set(delete_keys(name))


async def test_the_errors_are_read_page_by_page(importer: Importer) -> None:
    url = await importer.start()
    await importer.send(url, lines(*(resource(gender="?", birthDate="?") for _ in range(5))))
    found: list[int] = []
    after: str | None = "0.0"
    while after:
        page = await importer.client.get(
            f"{url}/errors", params={"after": after, "limit": 3}, headers=importer.headers
        )
        found += [each["line"] for each in page.json()["items"]]
        after = page.json()["next"]

    assert found == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


async def test_an_import_ends_once_and_takes_no_more(importer: Importer) -> None:
    url = await importer.start()
    await importer.send(url, lines(resource()))
    post = importer.client.post

    short = await post(f"{url}/complete", json={"lines": 2}, headers=importer.headers)
    done = [await post(f"{url}/complete", json={"lines": 1}, headers=importer.headers) for _ in range(2)]
    late = await importer.send(url, lines(resource(), resource()))
    cancelled = await post(f"{url}/cancel", headers=importer.headers)

    assert (short.status_code, short.json()["code"]) == (409, "import-incomplete")
    assert [answer.json()["state"] for answer in done] == ["done", "done"]
    assert (late.status_code, late.json()["code"]) == (409, "import-closed")
    assert cancelled.status_code == 409


async def test_progress_is_told_until_the_end(importer: Importer) -> None:
    url = await importer.start()
    await importer.send(url, lines(resource()))
    await importer.client.post(f"{url}/complete", headers=importer.headers)

    told = await importer.client.get(f"{url}/events", headers=importer.headers)
    known = importer.headers | {"Last-Event-ID": "1-done"}
    nothing = await importer.client.get(f"{url}/events", headers=known)

    head, name, data = told.text.strip().split("\n")
    assert (head, name) == ("id: 1-done", "event: done")
    assert json.loads(data.removeprefix("data: "))["registered"] == 1
    assert told.headers["content-type"].startswith("text/event-stream")
    assert nothing.text == ": nothing new\n\n"


async def test_an_import_is_made_once(importer: Importer) -> None:
    chosen, key = f"{IMPORTS}/{uuid4()}", {"Idempotency-Key": uuid4().hex}
    put, post = importer.client.put, importer.client.post

    made = [await put(chosen, json=NDJSON, headers=importer.headers) for _ in range(2)]
    other = await put(chosen, json=CSV, headers=importer.headers)
    keyed = [await post(IMPORTS, json=CSV, headers=importer.headers | key) for _ in range(2)]
    missing = await importer.client.get(f"{IMPORTS}/{uuid4()}", headers=importer.headers)

    assert [answer.status_code for answer in made] == [200, 200]
    assert (other.status_code, other.json()["code"]) == (409, "import-exists")
    assert len({answer.json()["id"] for answer in keyed}) == 1
    assert missing.status_code == 404


@pytest.mark.parametrize("place", ["names.family", "names", "x", "names.0", "names.99.family"])
async def test_a_mapping_to_nowhere_is_refused(importer: Importer, place: str) -> None:
    settings = {"format": "csv", "mapping": {"columns": {"A": place}}}

    answer = await importer.client.post(IMPORTS, json=settings, headers=importer.headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/mapping/columns")


async def test_only_administrators_import(registry: Any) -> None:
    answer = await registry.client.post(IMPORTS, json=NDJSON, headers=registry.headers("clerk"))

    assert answer.status_code == 403
