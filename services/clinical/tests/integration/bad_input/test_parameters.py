"""Whatever a caller sends in an address, a header or a body, the answer is an answer or a problem."""

from typing import Any
from urllib.parse import quote, quote_from_bytes, urlencode
from uuid import uuid4

import httpx
import pytest

BASE = "/api/clinical/v1"
PATIENT = f"{BASE}/patients/{{patient_id}}"
JSON = {"Content-Type": "application/json"}
#: As they stand in an address.
ODD = [
    *map(
        quote, ["", " ", "\0", "a\0b", "x" * 5_000, "-1", "0", "1.5", "9" * 40, "1e999", "NaN", "null", "[]"]
    ),
    *map(quote, ["\U0001f600", "%", "'; --", "{}", "../..", "true", "FLAT,FLAT"]),
    *map(quote, ["2026-02-30T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]),
    *map(quote, ["2026-11-22T10:00:00", "2026-11-22T10:00:00 01:00", "P1D", "-P1D"]),
    quote_from_bytes(b"\xff\xfe"),
    quote_from_bytes(b"\xed\xa0\x80"),
]
FLAT = "?format=FLAT&template_id=openward_vital_signs.v1"


def check(answer: httpx.Response, *, of: str) -> None:
    assert answer.status_code < 500, (of, answer.text)
    if answer.is_error:
        assert answer.headers["content-type"] == "application/problem+json", of
        assert answer.json()["code"], of


async def test_no_value_of_any_parameter_breaks_it(known: Any) -> None:
    asked = 0
    for path, names in known.reads():
        for name in names:
            more = "&node=systolic" if path.endswith("/series") and name != "node" else ""
            for odd in ODD:
                answer = await known.ask("GET", f"{known.path(path)}?{name}={odd}{more}")
                check(answer, of=f"{path} {name} {odd[:30]}")
                asked += 1
    assert asked > 1000


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (f"{PATIENT}/timeline", ("from", "to")),
        (f"{PATIENT}/series?node=systolic", ("from", "to")),
        (f"{PATIENT}/encounters", ("since", "until")),
        (f"{BASE}/encounters", ("from", "to")),
    ],
)
async def test_periods_are_told_to_be_wrong_alike(known: Any, path: str, names: tuple[str, str]) -> None:
    start, end = names
    wrong = [
        ({start: "2026-11-22T10:00:00"}, start, "time-without-zone"),
        ({end: "0001-01-01T00:00:00+23:59"}, end, "time-malformed"),
        ({end: "yesterday"}, end, "time-malformed"),
        ({start: "2026-11-22T10:00:00Z", end: "2026-11-22T10:00:00+01:00"}, end, "period-reversed"),
    ]
    for params, name, code in wrong:
        joint = "&" if "?" in path else "?"
        answer = await known.ask("GET", f"{path}{joint}{urlencode(params)}")
        assert answer.status_code == 422, answer.text
        assert [(each["path"], each["code"]) for each in answer.json()["errors"]] == [(name, code)]


async def test_no_id_in_an_address_breaks_it(known: Any) -> None:
    for path, _ in known.reads():
        for name in ("patient_id", "encounter_id", "uid", "object_id", "name", "version"):
            if f"{{{name}}}" not in path:
                continue
            for odd in ODD:
                url = path.replace(f"{{{name}}}", odd.replace("/", "%2F"))
                answer = await known.ask("GET", url)
                check(answer, of=f"{path} {name} {odd[:30]}")


async def test_what_no_parameter_is_called_is_refused(known: Any) -> None:
    rows = "/query-products/{name}"
    for path, _ in known.reads():
        if path.endswith(("/ehr", "/compositions/{uid}")):
            continue  # nothing of theirs narrows what is shown
        answer = await known.ask("GET", f"{path}?colour=red")
        assert answer.status_code == 422, path
        (problem,) = [each for each in answer.json()["errors"] if each["path"] == "colour"]
        of_product = ("/patients/" in path and rows in path) or path.endswith("/rows")
        assert problem["code"] == ("parameter-unknown" if of_product else "extra-forbidden"), path


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        (f"{PATIENT}/compositions", "limit", "5"),
        (f"{PATIENT}/timeline", "from", "2026-11-22T00:00:00Z"),
        (f"{PATIENT}/series?node=systolic", "node", "systolic"),
        (f"{PATIENT}/snapshot", "inactive", "true"),
        (f"{PATIENT}/encounters", "since", "2026-11-22T00:00:00Z"),
        (f"{BASE}/encounters", "location", "a"),
        (f"{BASE}/query-products", "search", "a"),
        (f"{PATIENT}/compositions/{{object_id}}/diff", "from", "1"),
    ],
)
async def test_what_is_said_once_is_not_said_twice(known: Any, path: str, name: str, value: str) -> None:
    joint = "&" if "?" in path else "?"

    answer = await known.ask("GET", f"{path}{joint}{name}={quote(value)}&{name}={quote(value)}")

    assert answer.status_code == 422
    assert {(each["path"], each["code"]) for each in answer.json()["errors"]} == {
        (name, "parameter-repeated")
    }


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1000000000000000000000000"])
@pytest.mark.parametrize(
    "path",
    [
        f"{PATIENT}/compositions",
        f"{PATIENT}/timeline",
        f"{PATIENT}/encounters",
        f"{PATIENT}/encounters/{{encounter_id}}/compositions",
        f"{BASE}/encounters",
        f"{BASE}/query-products",
    ],
)
async def test_pages_have_a_size_that_can_be(known: Any, path: str, limit: str) -> None:
    answer = await known.ask("GET", f"{path}?limit={limit}")

    assert answer.status_code == 422
    assert [each["path"] for each in answer.json()["errors"]] == ["limit"]


@pytest.mark.parametrize("form", ["YAML", "flat", "", "FLAT%00"])
async def test_formats_are_those_that_there_are(known: Any, form: str) -> None:
    read = await known.ask("GET", f"{PATIENT}/compositions/{{uid}}?format={form}")
    sent = [
        await known.ask("POST", f"{PATIENT}/compositions{rest}?format={form}", json={})
        for rest in ("", "/$validate")
    ]

    for answer in (read, *sent):
        assert answer.status_code == 422, answer.text
        assert [each["path"] for each in answer.json()["errors"]] == ["format"]


async def test_ids_in_capital_letters_name_the_same(known: Any) -> None:
    capitals = {name: known.ids[name].upper() for name in ("patient_id", "encounter_id", "uid", "object_id")}
    uid = known.ids["version_uid"]
    asked = [path for path, _ in known.reads() if "{patient_id}" in path and "series" not in path]
    for path in [
        *asked,
        f"{PATIENT}/compositions/{uid[:36].upper()}{uid[36:]}",
        f"{PATIENT}/series?node=pulse",
    ]:
        as_written = await known.ask("GET", path)
        in_capitals = await known.ask("GET", path.format_map(known.ids | capitals))
        assert (as_written.status_code, in_capitals.status_code) == (200, 200), (path, in_capitals.text)
        if "openapi" not in path:
            assert in_capitals.text.lower().startswith(as_written.text[:60].lower()), path


@pytest.mark.parametrize("language", ["xx", "de;q=0", "*;q=0.1", "de;q=9, en;q=-1", "q=1", "d" * 9_000])
async def test_whatever_language_is_wanted_there_is_an_answer(known: Any, language: str) -> None:
    wanted = {"Accept-Language": language}
    latest = {"patients": [known.ids["patient_id"]], "measurements": ["systolic"]}
    answers = [
        *[await known.ask("GET", f"{PATIENT}/{rest}", headers=wanted) for rest in
          ("timeline", "series?node=systolic", "snapshot", "compositions/{object_id}/diff")],
        await known.ask("GET", f"{BASE}/measurements", headers=wanted),
        await known.ask("POST", f"{BASE}/latest", json=latest, headers=wanted),
        await known.ask("POST", f"{PATIENT}/timeline/_search", json={"text": "systolic"}, headers=wanted),
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [200] * len(answers)


@pytest.mark.parametrize("as_of", ["0001-01-01T00:00:00Z", "2001-01-01T00:00:00+05:30"])
async def test_before_the_first_version_nothing_was_known(known: Any, as_of: str) -> None:
    when = f"as_of={quote(as_of)}"
    timeline = await known.ask("GET", f"{PATIENT}/timeline?{when}&total=true")
    series = await known.ask("GET", f"{PATIENT}/series?node=systolic&{when}")
    snapshot = await known.ask("GET", f"{PATIENT}/snapshot?{when}")
    latest = await known.ask(
        "POST",
        f"{BASE}/latest",
        json={"patients": [known.ids["patient_id"]], "measurements": ["systolic"], "as_of": as_of},
    )

    assert (timeline.json()["items"], timeline.json()["total"]) == ([], 0)
    assert series.json()["points"] == []
    assert [section.get("items") or section.get("values") for section in snapshot.json()["sections"]]
    assert not any(section.get("items") or section.get("values") for section in snapshot.json()["sections"])
    assert latest.json()["patients"][0]["values"] == {}


BODIES = [
    (f"{PATIENT}/timeline/_search", '{"text": "%s"}'),
    (f"{PATIENT}/timeline/_search", '{"author": ["%s"]}'),
    (f"{PATIENT}/query", '{"q": "SELECT c FROM COMPOSITION c WHERE c/name/value = \'%s\'"}'),
    (f"{PATIENT}/query", '{"q": "SELECT c FROM COMPOSITION c", "query_parameters": {"a": "%s"}}'),
    (f"{PATIENT}/encounters", '{"encounter_class": "AMB", "reason": {"text": "%s"}}'),
    (f"{PATIENT}/encounters", '{"encounter_class": "AMB", "location": {"id": "%s"}}'),
    (f"{PATIENT}/compositions{FLAT}", '{"ctx/composer_name": "%s"}'),
    (f"{PATIENT}/compositions/$validate{FLAT}", '{"%s": 1}'),
    (f"{PATIENT}/query-products/{{name}}", '{"parameters": {"name": "%s"}}'),
    (f"{PATIENT}/query-products/{{name}}", '{"parameters": {"%s": 1}}'),
    (f"{PATIENT}/query-products/{{name}}", '{"cursor": "%s"}'),
    (f"{BASE}/latest", '{"patients": ["%s"], "measurements": ["systolic"]}'),
    (f"{BASE}/latest", '{"patients": [], "measurements": ["%s"]}'),
]


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "x" * 100_000], ids=["surrogate", "nul", "long"])
async def test_no_text_in_a_body_breaks_it(known: Any, text: str) -> None:
    for path, body in BODIES:
        answer = await known.ask("POST", path, content=(body % text).encode(), headers=JSON)
        check(answer, of=f"{path} {body}")


async def test_what_is_not_there_is_told_by_the_name_of_its_parameter(known: Any) -> None:
    nobody, nothing = str(uuid4()), str(uuid4())
    foreign, _ = await known.clinic.patient()
    asked = [
        (f"{PATIENT}/timeline".format(patient_id=nobody), "patient_id", "patient-not-found"),
        (f"{PATIENT}/encounters/{nothing}", "encounter_id", "encounter-not-found"),
        (f"{PATIENT}/encounters/x/history", "encounter_id", "encounter-not-found"),
        (f"{BASE}/patients/{foreign}/encounters/{{encounter_id}}", "encounter_id", "encounter-not-found"),
    ]
    for path, name, code in asked:
        answer = await known.ask("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, code), path
        assert [(each["path"], each["code"]) for each in answer.json()["errors"]] == [(name, code)]


@pytest.mark.parametrize(
    ("query", "body", "place"),
    [
        (FLAT, {"a/x": 1, "b/x": 1}, {"pointer": ""}),
        (FLAT, [], {"pointer": ""}),
        ("?format=CANONICAL", {"_type": "COMPOSITION"}, {"path": "template_id"}),
    ],
)
async def test_what_is_no_composition_is_told_with_its_place(
    known: Any, query: str, body: Any, place: dict[str, str]
) -> None:
    for path in ("compositions", "compositions/$validate"):
        answer = await known.ask("POST", f"{PATIENT}/{path}{query}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "composition-unreadable")
        (problem,) = answer.json()["errors"]
        assert place.items() <= problem.items()
