"""Reading past Prisma: what a question does when the database is slow or away."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from openward_testkit.postgres import PostgresServer
from patients.adapters.questions import Questions, open_questions
from patients.domain.errors import RegistryBusy, SearchTooBroad


@pytest.fixture
async def questions(settings: Any) -> AsyncIterator[Questions]:
    async with open_questions(settings) as opened:
        yield opened


async def test_json_days_and_times_are_what_prisma_makes_of_them(questions: Questions) -> None:
    (row,) = await questions.query_raw(
        "select $1::jsonb as said, $2::timestamptz as at, $3::date is null as unknown",
        {"a": [1]},
        "2026-11-22T10:00:00.123+02:00",
        None,
    )

    assert row == {"said": {"a": [1]}, "at": "2026-11-22 08:00:00.123+00", "unknown": True}


async def test_a_question_that_takes_too_long_is_ended(questions: Questions) -> None:
    with pytest.raises(SearchTooBroad):
        await questions.query_raw("select pg_sleep(10)")

    assert await questions.query_raw("select 1 as one") == [{"one": 1}]


async def test_a_connection_that_was_ended_is_replaced(
    questions: Questions, postgres_server: PostgresServer
) -> None:
    (mine,) = await questions.query_raw("select pg_backend_pid() as pid")
    await postgres_server.execute(f"select pg_terminate_backend({mine['pid']})")

    with suppress(RegistryBusy):  # unless the end has been seen already
        await questions.query_raw("select 1")

    assert await questions.query_raw("select 1 as one") == [{"one": 1}]
