from pathlib import Path

import pytest
from openward_cli.doctor import machine, tools
from openward_cli.ports import Holder

MAVEN = "Apache Maven 3.8.7\nMaven home: /usr/share/maven\nJava version: {}, vendor: Debian\n"


@pytest.mark.parametrize(("version", "good"), [("3.11.0", True), ("3.14.2", True), ("3.10.9", False)])
def test_python_is_3_11_or_newer(version: str, *, good: bool) -> None:
    assert tools.judge_python(version).good is good


@pytest.mark.parametrize(("output", "good"), [("v20.0.0", True), ("v26.1.0", True), ("v18.20.4", False)])
def test_node_is_20_or_newer(output: str, *, good: bool) -> None:
    assert tools.judge_node(output).good is good


@pytest.mark.parametrize("output", [None, ""])
def test_a_node_that_is_not_there_or_does_not_run_is_told_with_how_to_get_it(output: str | None) -> None:
    assert "apt install nodejs" in tools.judge_node(output).remedy


@pytest.mark.parametrize(
    ("java", "good"), [("17.0.15", True), ("25", True), ("11.0.2", False), ("1.8.0_402", False)]
)
def test_maven_needs_java_17_or_newer(java: str, *, good: bool) -> None:
    assert tools.judge_maven(MAVEN.format(java)).good is good


def test_a_maven_that_finds_no_java_is_told_to_be_given_one() -> None:
    assert "JAVA_HOME" in tools.judge_maven("The JAVA_HOME environment variable is not defined").remedy


def test_maven_that_is_not_there_is_told_with_how_to_get_it() -> None:
    assert "apt install maven" in tools.judge_maven(None).remedy


def test_a_port_that_is_taken_is_told_with_who_has_it() -> None:
    finding = machine.judge_port("nats", 4222, Holder("nats-server", 77))

    assert str(finding) == (
        "port     4222, for nats, is taken by nats-server, process 77: "
        "end it (kill 77), or set OPENWARD_PORT_OFFSET"
    )


def test_a_port_of_another_user_is_taken_all_the_same() -> None:
    finding = machine.judge_port("nats", 4222, Holder("", None))

    assert not finding.good
    assert "a process of another user" in str(finding)


def test_a_free_port_is_good() -> None:
    assert machine.judge_port("nats", 4222, None).good


@pytest.mark.parametrize(("free", "good"), [(60.0, True), (1.5, False)])
def test_a_setup_needs_room(free: float, *, good: bool) -> None:
    assert machine.judge_disk(free, Path("/work")).good is good


@pytest.mark.parametrize(("available", "good"), [(8.0, True), (1.0, False)])
def test_a_stack_needs_memory(available: float, *, good: bool) -> None:
    assert machine.judge_memory(available).good is good


def test_a_run_folder_that_is_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")

    assert not machine.folder(tmp_path / "run").good


def test_a_writable_run_folder_is_left_as_it_was(tmp_path: Path) -> None:
    assert machine.folder(tmp_path / "run").good
    assert list((tmp_path / "run").iterdir()) == []
