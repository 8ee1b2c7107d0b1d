"""`openward compose`: writes docker-compose.yml, or says whether it is current."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import typer
import yaml

from openward_cli.compose.document import document
from openward_cli.failure import Failure
from openward_cli.stack import REPOSITORY

FILE: Final = REPOSITORY / "docker-compose.yml"
_HEADER: Final = """\
# The system as containers; docs/guides/compose.md says how to run it. Made by `openward compose` from the
# settings of the local stack, in libs/cli/src/openward_cli/compose: change it there.
"""
_LINE = 110


class _Dumper(yaml.SafeDumper):
    """Lists of plain values on one line, as far as they fit; nothing by reference."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True

    def represent_list(self, data: Any) -> yaml.SequenceNode:
        plain = all(isinstance(item, str) for item in data)
        short = sum(len(str(item)) + 4 for item in data) < _LINE
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=plain and short)

    def represent_name(self, data: StrEnum) -> yaml.ScalarNode:
        return self.represent_str(str(data))


_Dumper.add_representer(list, _Dumper.represent_list)
_Dumper.add_multi_representer(StrEnum, _Dumper.represent_name)


def text() -> str:
    return _HEADER + yaml.dump(document(), Dumper=_Dumper, sort_keys=False, width=10_000)


def compose(*, check: bool = False, file: Path = FILE) -> None:
    """Write the file, or with `check` fail when it is not what the settings say."""
    if not check:
        file.write_text(text(), encoding="utf-8")
        typer.echo(f"wrote {file.name}")
    elif not file.exists() or file.read_text(encoding="utf-8") != text():
        raise Failure(f"{file.name} is not what the settings say", "run `openward compose`")
