from pathlib import Path

import pytest
from openward_cli import logs
from openward_cli.failure import Failure
from openward_cli.stack import Stack


def test_only_whole_lines_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    log.write_bytes(b"one\ntwo\nthr")

    assert logs._added(log, 4) == (["two"], 8)


def test_a_line_is_shown_when_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    log.write_bytes(b"one\ntwo\nthree\n")

    assert logs._added(log, 8) == (["three"], 14)


def test_a_rotated_log_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    log.write_bytes(b"new\n")

    assert logs._added(log, 5000) == (["new"], 4)


def test_a_log_that_is_gone_for_a_moment_has_nothing(tmp_path: Path) -> None:
    assert logs._added(tmp_path / "nats.log", 5000) == ([], 0)


def test_a_process_that_has_no_log_is_told_with_those_that_have() -> None:
    with pytest.raises(Failure, match="There is no log of nobody"):
        logs._files(Stack(stack="dev"), "nobody")
