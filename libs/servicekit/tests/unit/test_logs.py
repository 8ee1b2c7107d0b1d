"""One JSON object a line, whoever writes it, and no message of an exception in it."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog
from openward_contracts.actor import SYSTEM_ACTOR
from openward_servicekit import logs
from openward_servicekit.context import bind
from openward_servicekit.errors import NotFound

CANARY = "Xylophonia"

Records = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def records() -> Iterator[Records]:
    """What was logged so far. All that `configure` changes is put back afterwards."""
    root, hook, own = logging.getLogger(), sys.excepthook, structlog.get_config()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("things", "info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.configure(**own)
    logging.captureWarnings(capture=False)
    root.handlers[:], sys.excepthook = before[0], hook
    root.setLevel(before[1])


def test_a_record_says_what_when_and_for_whom(records: Records) -> None:
    request_id = str(uuid4())

    with bind(request_id=request_id, actor=SYSTEM_ACTOR("audit")):
        structlog.get_logger().info("stored", count=3)

    (record,) = records()
    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "event": "stored",
        "level": "info",
        "count": 3,
        "service": "things",
        "request_id": request_id,
        "actor": "service:audit",
    }


@pytest.mark.parametrize(
    "logger", ["uvicorn.error", "faststream", "nats.aio.client", "asyncpg", "py.warnings"]
)
def test_the_records_of_libraries_are_of_the_same_form(records: Records, logger: str) -> None:
    logging.getLogger(logger).warning("slow %s", "consumer")

    (record,) = records()
    assert (record["event"], record["level"], record["logger"], record["service"]) == (
        "slow consumer",
        "warning",
        logger,
        "things",
    )


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\n{}", "\x1b[31mred", "\x9b31m", '"}\n{"level": "fatal"', "\u2028"]
)
def test_no_value_leaves_its_record(records: Records, text: str) -> None:
    structlog.get_logger().info("said", text=text)
    logging.getLogger("other").warning("said %s", text)

    ours, theirs = records()
    assert ours["text"] == text
    assert theirs["event"] == f"said {text}".strip()


def failing() -> None:
    raise KeyError(CANARY) from ValueError(CANARY)


def test_of_an_exception_there_is_the_type_and_the_place(records: Records) -> None:
    try:
        failing()
    except KeyError:
        structlog.get_logger().exception("failed")
        logging.getLogger("other").exception("failed")

    ours, theirs = records()
    assert [error["type"] for error in ours["exception"]] == ["builtins.KeyError", "builtins.ValueError"]
    assert ours["exception"][0]["at"][-1].startswith(f"{__name__}:failing:")
    assert theirs["exception"] == ours["exception"]
    assert CANARY not in str([ours, theirs])


def test_of_a_group_there_are_its_members(records: Records) -> None:
    group = ExceptionGroup(CANARY, [ValueError(CANARY), NotFound(CANARY)])

    structlog.get_logger().error("failed", exc_info=group)

    (record,) = records()
    assert [error["type"].rpartition(".")[2] for error in record["exception"]] == [
        "ExceptionGroup",
        "ValueError",
        "NotFound",
    ]
    assert record["exception"][2]["problem"] == "not-found"
    assert CANARY not in str(record)


async def test_a_task_that_died_unseen_is_told_without_its_exception(records: Records) -> None:
    async def die() -> None:
        raise ValueError(CANARY)

    task = asyncio.create_task(die())
    await asyncio.wait([task])
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
    )

    await asyncio.sleep(0.1)  # records of an event loop are written a moment later
    (record,) = records()
    assert record["event"] == "Task exception was never retrieved"
    assert record["exception"][0]["type"] == "builtins.ValueError"
    assert CANARY not in str(record)


def test_a_traceback_written_into_the_text_is_cut_off(records: Records) -> None:
    logging.getLogger("uvicorn.error").error(
        "Startup failed\nTraceback (most recent call last):\nKeyError: %s", CANARY
    )

    (record,) = records()
    assert record["event"] == "Startup failed"


def test_the_end_of_the_process_by_an_exception_is_a_record(records: Records) -> None:
    error = ValueError(CANARY)

    sys.excepthook(ValueError, error, None)

    (record,) = records()
    assert (record["event"], record["level"]) == ("process failed", "critical")
    assert CANARY not in str(record)


def test_an_object_in_a_record_is_told_by_its_type(records: Records) -> None:
    structlog.get_logger().info("stored", patient=NotFound(CANARY))

    (record,) = records()
    assert record["patient"] == "NotFound"


def test_libraries_that_log_addresses_are_quiet(records: Records) -> None:
    logging.getLogger("httpx").info("GET http://ehrbase/%s", CANARY)

    assert records() == []


def test_records_below_the_level_are_dropped(records: Records) -> None:
    structlog.get_logger().debug("detail")
    logging.getLogger("other").debug("detail")

    assert records() == []


def test_a_stream_that_nobody_reads_keeps_no_work_from_being_done(records: Records) -> None:
    class Broken(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    logs.configure("things", "info", Broken())

    structlog.get_logger().info("stored")
    logging.getLogger("asyncpg").warning("slow")

    assert records() == []


class Pipe(io.StringIO):
    """Counts what is written to it at once."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


@pytest.mark.usefixtures("records")
async def test_what_an_event_loop_logs_in_a_moment_is_written_at_once_and_none_of_it_lost() -> None:
    pipe = Pipe()
    logs.configure("things", "info", pipe)
    for count in range(20):
        structlog.get_logger().info("stored", count=count)
    await asyncio.sleep(0.1)
    structlog.get_logger().info("later")
    await asyncio.sleep(0.1)

    assert pipe.writes == 2
    written = [json.loads(line) for line in pipe.getvalue().splitlines()]
    assert [record.get("count") for record in written] == [*range(20), None]


def test_what_the_end_of_an_event_loop_left_is_written_with_the_next_record(records: Records) -> None:
    async def work() -> None:
        structlog.get_logger().info("stored")

    asyncio.run(work())
    structlog.get_logger().info("ended")

    assert [record["event"] for record in records()] == ["stored", "ended"]
