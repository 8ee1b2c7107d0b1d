"""AQL at EHRbase: what a refusal means, and when an answer is given up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from clinical.adapters.ehrbase_queries import AnswerLimits, EhrbaseQueries
from clinical.domain.errors import CdrError, QueryAnswerTooLarge, QueryRejected, QueryTimeout
from clinical.domain.refusals import said
from clinical.domain.stored_query import definition_path, entries, is_final, with_entries
from openward_servicekit.errors import NotFound, UpstreamBroken
from openward_servicekit.http import AsyncBaseTransport, Request, Response, make_client

ASKED = {"q": "SELECT c FROM EHR e"}
ENTRY = {"name": "a::b", "version": "1.0.0"}


class Answers(AsyncBaseTransport):
    """Gives this, or what it raises, to every request, and counts them."""

    def __init__(self, answer: Response, *, seconds: float = 0) -> None:
        self.asked = 0
        self._answer = answer
        self._seconds = seconds

    async def handle_async_request(self, _request: Request) -> Response:
        self.asked += 1
        await asyncio.sleep(self._seconds)
        return self._answer


def engine(transport: Answers, seconds: float = 5, size: int = 100) -> EhrbaseQueries:
    client = make_client("http://ehrbase.test/ehrbase", transport=transport)
    return EhrbaseQueries(client, AnswerLimits(seconds, size))


async def blocks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 60


async def taken(answers: EhrbaseQueries) -> list[bytes]:
    found: list[bytes] = []
    await answers.run(ASKED, found.append)
    return found


async def test_an_answer_is_handed_on_as_it_comes() -> None:
    assert b"".join(await taken(engine(Answers(Response(200, content=b"abc"))))) == b"abc"


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (
            "Could not parse AQL query: Parse exception: line 1: char 38 mismatched input 'AND'",
            "line 1, character 38",
        ),
        ("Could not parse AQL query: Cannot parse SELECT c FROM EHR e WHERE c/x = 'line of a SECRET'", ""),
        ("Not implemented: SECRET", "feature of AQL"),
    ],
)
async def test_a_refused_query_is_quoted_to_nobody_but_who_asked(message: str, place: str) -> None:
    with pytest.raises(QueryRejected) as refused:
        await taken(engine(Answers(Response(400, json={"message": message}))))

    assert place in str(refused.value)
    assert "SECRET" not in str(refused.value)
    cause = said(refused.value)
    assert cause is not None
    assert cause.extensions["message"] == message


async def test_what_ehrbase_cannot_do_is_no_refusal() -> None:
    with pytest.raises(CdrError):
        await taken(engine(Answers(Response(500, json={}))))


async def test_an_answer_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(QueryTimeout):
        await taken(engine(Answers(Response(200), seconds=1), seconds=0.01))


async def test_an_answer_that_is_too_large_is_given_up() -> None:
    with pytest.raises(QueryAnswerTooLarge):
        await taken(engine(Answers(Response(200, content=blocks(3)))))


async def test_templates_are_asked_for_now_and_then() -> None:
    answers = Answers(Response(200, json=[{"template_id": "a"}, {"template_id": "b"}]))
    known = engine(answers)

    assert [await known.template_ids() for _ in range(3)] == [["a", "b"]] * 3
    assert answers.asked == 1


@pytest.mark.parametrize("listed", [[ENTRY], {"versions": [ENTRY]}])
def test_both_forms_of_a_list_are_read_and_kept(listed: Any) -> None:
    assert list(entries(listed)) == [ENTRY]
    assert with_entries(listed, [ENTRY]) == listed
    assert list(entries(with_entries(listed, []))) == []


@pytest.mark.parametrize("listed", [None, {}, {"versions": 1}, [1], "x"])
def test_what_is_no_list_is_not_passed_on(listed: Any) -> None:
    with pytest.raises(UpstreamBroken):
        list(entries(listed))


def test_names_become_segments_of_a_path() -> None:
    assert definition_path("a::b c/..", "1") == "openehr/v1/definition/query/a%3A%3Ab%20c%2F../1"
    with pytest.raises(NotFound):
        definition_path("..")


def test_only_whole_versions_are_final() -> None:
    forms = ("1.0.0", "12.3.4", "1", "1.0", "1.0.0-draft", "LATEST", "1.0.0\n")
    assert [is_final(form) for form in forms] == [True, True, False, False, False, False, False]
