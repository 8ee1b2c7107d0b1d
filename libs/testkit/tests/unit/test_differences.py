import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from openward_testkit.differential import page
from openward_testkit.differential.asking import Ask, scenarios
from openward_testkit.differential.bodies import Bodies
from openward_testkit.differential.comparison import Difference, Exchange, differences
from openward_testkit.differential.outcome import Outcome
from openward_testkit.differential.rules import Rule
from openward_testkit.differential.running import run
from openward_testkit.differential.sides import Answer, Side

OBJECT = "0d6f2f5c-6f5e-4b43-9d0f-6a2d5f1c7b11"


def answer(status: int = 200, body: Any = None, **headers: str) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text, str)


def found(theirs: Answer, ours: Answer) -> list[str]:
    exchange = Exchange("a scenario", Ask(ask="GET /ehr"), theirs, ours)
    return [difference.place for difference in differences(exchange)]


@pytest.mark.parametrize(
    ("theirs", "ours", "places"),
    [
        (answer(204), answer(204), []),
        (answer(201), answer(204), ["status"]),
        (answer(etag='"1"'), answer(), ["header etag"]),
        (answer(allow="GET, PUT"), answer(allow="PUT,GET"), []),
        (answer(openehr_uri="a"), answer(), ["header openehr-uri"]),
        (answer(x_powered_by="a"), answer(), []),
        (answer(body={"a": [1, {"b": None}]}), answer(body={"a": [1, {}]}), ["body /a/1/b"]),
        (answer(body='{"a": 1.0}'), answer(body='{"a": 1.00}'), ["body /a"]),
        (answer(body={"a": 1}), answer(body={"a": True}), ["body /a"]),
        (answer(body={"a": 1, "b": 2}), answer(body={"b": 2, "a": 1}), []),
        (answer(body="<a x='1' y='2'> <b/> </a>"), answer(body='<a y="2" x="1"><b></b></a>'), []),
        (answer(body="<a><b>1</b></a>"), answer(body="<a><b>2</b></a>"), ["body /a/2/b/1"]),
        (answer(body="text"), answer(), ["body"]),
    ],
)
def test_answers_differ_where_a_client_could_tell(theirs: Answer, ours: Answer, places: list[str]) -> None:
    assert found(theirs, ours) == places


@pytest.fixture
def rules() -> tuple[Rule, ...]:
    words = ("somewhere", "one", "other", "because")
    return (
        Rule("of-etags", *words, lambda difference: difference.place == "header etag"),
        Rule("of-everything-there", *words, whole=lambda exchange: exchange.theirs.status == 500),
        Rule("of-nothing", *words, lambda _: False),
    )


def test_each_difference_has_its_rule_and_each_rule_its_difference(rules: tuple[Rule, ...]) -> None:
    ask = Ask(ask="GET /ehr")
    exchanges = [
        Exchange("first", ask, answer(etag="1"), answer(404)),
        Exchange("second", ask, answer(500, etag="1"), answer(404)),
    ]

    outcome = Outcome(exchanges, [], rules)

    assert "first" in outcome.unexplained()
    assert "status: EHRbase 200, here 404" in outcome.unexplained()
    assert "second" not in outcome.unexplained()
    assert outcome.ambiguous() == ""
    assert outcome.idle() == ["of-nothing"]


def test_two_rules_for_one_difference_are_told(rules: tuple[Rule, ...]) -> None:
    exchange = Exchange("first", Ask(ask="GET /ehr"), answer(etag="1"), answer())

    outcome = Outcome([exchange], [], (*rules, rules[0]))

    assert "of-etags and of-etags" in outcome.ambiguous()


async def nobody(_user: str) -> dict[str, str]:
    return {}


def side(name: str, own_id: str) -> Side:
    """A server that makes one EHR, under an id of its own, and repeats what it is sent."""

    def respond(request: httpx.Request) -> httpx.Response:
        base = f"http://{name}/base"
        if request.method == "POST":
            return httpx.Response(201, headers={"Location": f"{base}/ehr/{own_id}"})
        return httpx.Response(200, json={"at": str(request.url), "sent": request.content.decode()})

    http = httpx.AsyncClient(transport=httpx.MockTransport(respond))
    bodies = Bodies({"document": {"a": {"b": [1, 2]}, "id": "{ehr}"}})
    return Side(name, http, f"http://{name}", "/base", bodies, nobody)


async def asked(folder: Path, text: str) -> Outcome:
    (folder / "given.yaml").write_text('ehr:\n  - {ask: "POST /ehr", keep: {ehr: location}}\n')
    (folder / "some.yaml").write_text(text)
    theirs, ours = side("theirs", OBJECT), side("ours", OBJECT.replace("0", "1"))
    return Outcome(*await run(scenarios(folder), theirs, ours, known=({}, {})), ())


async def test_ids_and_addresses_of_either_side_are_the_same_to_both(tmp_path: Path) -> None:
    outcome = await asked(
        tmp_path,
        """
reading:
  given: [ehr]
  over: [{form: FLAT}, {form: XML}]
  asks:
    - ask: PUT /ehr/{ehr}?format={form}
      body: document
      each: [{}, {edit: {/a/b/0: 7, /a/b/1: null}}]
""",
    )

    assert outcome.explained == []
    assert [exchange.scenario for exchange in outcome.exchanges] == ["some: reading FLAT"] * 3 + [
        "some: reading XML"
    ] * 3
    assert json.loads(json.loads(outcome.exchanges[2].ours.text)["sent"])["a"] == {"b": [7]}


async def test_what_cannot_be_asked_is_told(tmp_path: Path) -> None:
    outcome = await asked(tmp_path, 'reading:\n  asks:\n    - {ask: "GET /ehr/{ehr}"}\n')

    assert [unasked.why for unasked in outcome.unasked] == ["nothing is known of {ehr}"]


def test_a_difference_is_told_in_short() -> None:
    exchange = Exchange("first", Ask(ask="GET /ehr"), answer(), answer())

    assert len(str(Difference(exchange, "body", "x" * 10_000, None))) < 500


def test_the_page_is_written_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "page.md"

    assert page.main(["--check"], file) == 1
    assert page.main([], file) == 0
    assert page.main(["--check"], file) == 0
    assert "| `problem-json` |" in file.read_text()
