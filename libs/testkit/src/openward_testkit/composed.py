"""docker-compose.yml as Compose itself reads it: parsed first, then with the variables put in."""

import re
from collections.abc import Mapping
from typing import Any

import yaml
from openward_cli.stack import REPOSITORY

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+):-(?P<default>[^}]*)\})|(?P<odd>\$)")


def described() -> dict[str, Any]:
    """As it is in the file."""
    text = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def resolved(**variables: str) -> dict[str, Any]:
    """With these variables, else their defaults. AssertionError for a dollar sign of another form."""
    document: dict[str, Any] = _resolve(described(), variables)
    return document


def _resolve(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _resolve(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, variables) for item in value]
    return _interpolate(value, variables) if isinstance(value, str) else value


def _interpolate(text: str, variables: Mapping[str, str]) -> str:
    def put_in(match: re.Match[str]) -> str:
        assert not match["odd"], f"neither $$ nor ${{NAME:-default}}: {text}"
        return variables.get(match["name"]) or match["default"] if match["name"] else "$"

    return _VARIABLE.sub(put_in, text)
