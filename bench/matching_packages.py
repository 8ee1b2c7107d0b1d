"""Splink and the records, pinned."""

from typing import Final

from bench.packages import Environment

_ENVIRONMENT: Final = Environment("matching", "bench")
FOLDER: Final = _ENVIRONMENT.folder
PYTHON: Final = _ENVIRONMENT.python
prepare = _ENVIRONMENT.prepare
