import configparser
import os
import shlex
from pathlib import Path

import pytest
from openward_cli.process import Process
from openward_cli.stack import Stack
from openward_cli.supervision import conf
from supervisor.datatypes import (  # type: ignore[import-untyped] # supervisor has no annotations
    dict_of_key_value_pairs,
)


async def ready() -> None:
    """A probe that is content."""


def make(**changes: object) -> Process:
    given = {"name": "echo", "command": ("echo", "a b", "100%"), "port": 1, "directory": Path("/tmp/%d")}  # noqa: S108
    return Process(**{**given, "probe": ready, **changes})  # type: ignore[arg-type] # of a test's choosing


def program(process: Process) -> configparser.SectionProxy:
    parser = configparser.RawConfigParser()
    parser.read_string(conf.render(Stack(stack="dev"), [process]))
    return parser[f"program:{process.name}"]


def test_a_command_comes_out_as_it_went_in() -> None:
    command = program(make())["command"].replace("%%", "%")

    assert shlex.split(command) == ["echo", "a b", "100%"]


def test_processes_start_only_when_asked_and_again_when_they_end() -> None:
    section = program(make())

    assert (section["autostart"], section["autorestart"]) == ("false", "true")


def test_a_process_ends_with_all_that_it_started() -> None:
    section = program(make())

    assert (section["stopasgroup"], section["killasgroup"]) == ("true", "true")


def test_a_process_is_told_its_environment_and_its_stack() -> None:
    environment = program(make(environment={"OPENWARD_PORT": "8101"}))["environment"]

    assert 'OPENWARD_PORT="8101"' in environment
    assert f'OPENWARD_RUN_DIR="{Stack(stack="dev").run_dir}"' in environment


@pytest.mark.parametrize("value", ["plain, with a comma", '["http://localhost:5173"]', "it's 100%"])
def test_a_value_comes_out_as_it_went_in(value: str) -> None:
    environment = program(make(environment={"GREETING": value}))["environment"].replace("%%", "%")

    assert dict_of_key_value_pairs(environment)["GREETING"] == value


@pytest.mark.parametrize("value", ['say "hi"', "'", """both ' and " within""", "two\nlines"])
def test_what_supervisord_cannot_pass_on_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="can pass on no"):
        program(make(environment={"GREETING": value}))


def test_a_process_runs_as_another_user_only_when_it_says_so() -> None:
    assert program(make(user="nobody"))["user"] == "nobody"
    assert "user" not in program(make())


def test_a_changed_file_changes_what_supervisord_sees(tmp_path: Path) -> None:
    file = tmp_path / "nats.conf"
    file.write_text("port: 1")
    before = program(make(reads=(file,)))["environment"]
    file.write_text("port: 2")

    assert program(make(reads=(file,)))["environment"] != before


def test_the_same_files_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("x = 1")

    assert make(reads=(tmp_path,)).digest() == make(reads=(tmp_path,)).digest()


def test_compiled_python_changes_nothing(tmp_path: Path) -> None:
    before = make(reads=(tmp_path,)).digest()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "module.pyc").write_bytes(b"x")

    assert make(reads=(tmp_path,)).digest() == before


def test_the_socket_is_in_the_stacks_folder_where_its_path_fits() -> None:
    assert conf.socket_path(Path("/srv/x/.run/dev")) == Path("/srv/x/.run/dev/conf/supervisor.sock")


def test_a_long_path_gets_a_short_socket_of_its_own() -> None:
    long = [conf.socket_path(Path("/srv") / ("x" * 90) / name) for name in ("dev", "test")]

    assert all(len(os.fsencode(path)) <= conf.SOCKET_BYTES for path in long)
    assert long[0] != long[1]
