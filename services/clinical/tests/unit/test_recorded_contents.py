"""Compositions from EHRbase: one that it cannot give out is not the end, an EHRbase that fails for all is."""

import json
from typing import Final
from uuid import UUID

import pytest
from clinical.adapters.ehrbase_contents import MOST_BYTES, ONE_BYTES, PAGE_BYTES, EhrbaseContents
from clinical.adapters.ehrbase_way import CHECK
from clinical.adapters.long_strings import BEGINNING
from clinical.domain.errors import CdrError
from clinical.domain.recorded import ContentsTooLarge, Haste
from openward_contracts.identifiers import EhrId, VersionUid
from openward_openehr.recorded.cutting import cut, marked
from openward_servicekit.errors import Unavailable, UpstreamBroken
from openward_servicekit.http import AsyncBaseTransport, Request, Response, make_client

EHR_ID: Final = EhrId.new()
UID: Final = VersionUid.of(UUID(int=1), "openward.local", 1)
VISIT: Final = {"_type": "COMPOSITION", "name": {"value": "Visit"}}


class Ehrbase(AsyncBaseTransport):
    """Answers queries and requests for one composition, and keeps what it was asked."""

    def __init__(self, query: Response, composition: Response | None = None) -> None:
        self.requests: list[Request] = []
        self._query, self._composition = query, composition

    async def handle_async_request(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self._query if request.url.path.endswith("/query/aql") else self._composition
        assert answer is not None
        return Response(answer.status_code, content=await answer.aread())


def waited() -> Haste:
    return Haste(awaited=True)


def rows(*found: object) -> Response:
    return Response(200, json={"rows": found})


def contents(ehrbase: Ehrbase) -> EhrbaseContents:
    return EhrbaseContents(make_client("http://ehrbase.test/ehrbase", transport=ehrbase))


async def test_the_latest_versions_are_asked_for_by_their_uids_as_parameters() -> None:
    ehrbase = Ehrbase(rows([str(UID), VISIT]))
    found = await contents(ehrbase).latest(EHR_ID, [UID], waited())
    asked = json.loads(ehrbase.requests[0].content)

    assert found == {UID: VISIT}
    assert set(asked["query_parameters"].values()) == {str(EHR_ID), str(UID)}
    assert str(UID) not in asked["q"]


async def test_a_page_that_ehrbase_cannot_give_out_gives_nothing() -> None:
    assert await contents(Ehrbase(Response(500))).latest(EHR_ID, [UID], waited()) == {}


async def test_a_composition_is_read_by_its_uid() -> None:
    ehrbase = Ehrbase(rows(), Response(200, json=VISIT))
    assert await contents(ehrbase).one(EHR_ID, UID, waited()) == VISIT
    assert ehrbase.requests[0].url.path.endswith(f"/ehr/{EHR_ID}/composition/{UID}")


@pytest.mark.parametrize("status", [204, 404, 500])
async def test_a_composition_that_ehrbase_cannot_give_out_has_no_content(status: int) -> None:
    works = rows([str(EHR_ID)])
    assert await contents(Ehrbase(works, Response(status))).one(EHR_ID, UID, waited()) is None


async def test_an_ehrbase_that_finds_nothing_at_all_is_not_the_compositions_fault() -> None:
    with pytest.raises(CdrError):
        await contents(Ehrbase(Response(500), Response(500))).one(EHR_ID, UID, waited())


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_what_stands_before_ehrbase_says_that_it_is_away(status: int) -> None:
    with pytest.raises(Unavailable):
        await contents(Ehrbase(Response(status))).latest(EHR_ID, [UID], waited())
    with pytest.raises(Unavailable):
        await contents(Ehrbase(rows(), Response(status))).one(EHR_ID, UID, waited())


async def test_what_nobody_waits_for_takes_no_place_of_callers() -> None:
    ehrbase, haste = Ehrbase(rows([str(UID), VISIT]), Response(200, json=VISIT)), Haste(awaited=False)
    await contents(ehrbase).latest(EHR_ID, [UID], haste)
    haste.hurry()
    await contents(ehrbase).one(EHR_ID, UID, haste)

    assert [CHECK.keys() <= request.extensions.keys() for request in ehrbase.requests] == [True, False]


async def test_of_a_page_no_more_is_taken_than_is_read_at_once() -> None:
    large = rows([str(UID), VISIT | {"text": "x" * PAGE_BYTES}])
    with pytest.raises(ContentsTooLarge):
        await contents(Ehrbase(large)).latest(EHR_ID, [UID], waited())


async def test_a_composition_may_be_larger_than_a_page() -> None:
    large = Response(200, json=VISIT | {"text": "x" * PAGE_BYTES})
    assert await contents(Ehrbase(rows(), large)).one(EHR_ID, UID, waited())


async def test_of_a_large_composition_long_strings_are_cut() -> None:
    large = Response(200, json=VISIT | {"text": "x" * 5 * ONE_BYTES, "number": 120.5})
    found = await contents(Ehrbase(rows(), large)).one(EHR_ID, UID, waited())

    assert found == marked(VISIT | {"text": cut("x" * BEGINNING, 5 * ONE_BYTES), "number": 120.5})


BEYOND = {
    "large": b'"' + b"x" * ONE_BYTES,
    "of many values": json.dumps({"text": ["some"] * ONE_BYTES}).encode(),
    "longer than anything": json.dumps({"text": "x" * MOST_BYTES}).encode(),
    "with a name that is cut": json.dumps({"x" * ONE_BYTES: 1}).encode(),
    "deep": b'{"a":' * 100_000,
}


@pytest.mark.parametrize("content", BEYOND.values(), ids=BEYOND)
async def test_a_composition_that_is_beyond_all_measure_has_no_content(content: bytes) -> None:
    odd = Response(200, content=content)
    assert await contents(Ehrbase(rows(), odd)).one(EHR_ID, UID, waited()) is None
    assert (
        await contents(Ehrbase(Response(200, content=b'{"a":' * 100_000))).latest(EHR_ID, [UID], waited())
        == {}
    )


async def test_what_is_no_answer_of_ehrbase_is_not_taken_for_one() -> None:
    with pytest.raises(UpstreamBroken):
        await contents(Ehrbase(rows(), Response(200, content=b"<html>"))).one(EHR_ID, UID, waited())
