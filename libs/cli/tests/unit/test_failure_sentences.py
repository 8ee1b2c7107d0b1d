from pathlib import Path

import pytest
from openward_cli import ports, starting
from openward_cli.process import Process
from openward_cli.stack import Stack
from openward_cli.supervision.control import State


async def ready() -> None:
    """A probe that is content."""


PROCESS = Process(name="nats", command=("nats-server",), port=4222, probe=ready, directory=Path("/"))


class StackAt(Stack):
    """A stack whose logs are where the test wants them."""

    logs: Path

    @property
    def logs_dir(self) -> Path:
        return self.logs


def test_a_taken_port_names_who_has_it_and_two_ways_out() -> None:
    failure = ports.taken("gateway", 8080, ports.Holder("java", 99))

    assert str(failure) == (
        "Port 8080, needed by gateway, is taken by java, process 99: end it (kill 99), or move this stack: "
        "OPENWARD_STACK=other OPENWARD_PORT_OFFSET=20000"
    )


@pytest.mark.parametrize(
    ("holder", "words"),
    [
        (ports.Holder("", None), "a process of another user: end it"),
        (ports.Holder("curl", 99, "ESTABLISHED"), "a connection of curl, process 99: end it (kill 99)"),
        (ports.Holder("", None, "ESTABLISHED"), "a connection of a process of another user: end it"),
        (ports.Holder("", None, "TIME_WAIT"), "a connection that has just ended: try again in a minute"),
    ],
)
def test_a_port_is_not_only_taken_by_who_listens(holder: ports.Holder, words: str) -> None:
    assert f"is taken by {words}, or move this stack" in str(ports.taken("nats", 4222, holder))


def test_a_server_that_ends_at_its_start_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / "nats.log").write_text("".join(f"line {number}\n" for number in range(100)))
    state = State("FATAL", 0, 0.0, "Exited too quickly (process log may have details)")

    failure = starting.ended(StackAt(stack="dev", logs=tmp_path), PROCESS, state)

    assert failure.what == "nats ends right after its start"
    assert failure.details.splitlines()[-1] == "line 99"
    assert len(failure.details.splitlines()) == starting.LOG_LINES


def test_a_server_that_cannot_be_run_is_told_with_the_reason(tmp_path: Path) -> None:
    failure = starting.ended(
        StackAt(stack="dev", logs=tmp_path),
        PROCESS,
        State("FATAL", 0, 0.0, "can't find command 'nats-server'"),
    )

    assert failure.what == "nats ends right after its start (can't find command 'nats-server')"
    assert failure.details == ""


def test_a_server_that_never_gets_ready_is_told_with_its_own_reason() -> None:
    failure = starting.silent(PROCESS, "HTTP 503 database down")

    assert str(failure) == "nats is not ready after 180 s (HTTP 503 database down): see `openward logs nats`"


def test_every_failure_is_one_line() -> None:
    assert "\n" not in str(ports.taken("gateway", 8080, ports.Holder("", None)))
