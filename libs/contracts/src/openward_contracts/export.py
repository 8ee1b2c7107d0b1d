"""Write what is generated from the models: JSON Schemas, docs/events.md and docs/asyncapi.json.

    python -m openward_contracts.export            write them
    python -m openward_contracts.export --check    fail when one is not what it would be

Both refuse a schema that breaks the published one: the committed file, or the one in `--published DIR` (the
same folder of an earlier release).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from openward_contracts.asyncapi import asyncapi
from openward_contracts.catalogue import PAYLOADS
from openward_contracts.compatibility import removed_subjects, violations
from openward_contracts.reference import reference
from openward_contracts.schemas import schema_of

ROOT: Final = Path(__file__).resolve().parents[4]
SCHEMAS: Final = Path("libs/contracts/schemas")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everything is, or now is, as it should be; else 1, with the reasons on stderr."""
    parser = argparse.ArgumentParser(prog="openward_contracts.export")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on what is out of date")
    parser.add_argument("--published", type=Path, metavar="DIR", help="schemas that must not be broken")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository")
    options = parser.parse_args(arguments)
    files = generated()
    reasons = incompatible(options.published or options.root / SCHEMAS)
    if options.check and not reasons:
        reasons = outdated(options.root, files)
    elif not reasons:
        _write(options.root, files)
    sys.stderr.writelines(f"{reason}\n" for reason in reasons)
    return 1 if reasons else 0


def generated() -> dict[Path, str]:
    """Every generated file, by its path in the repository."""
    schemas = {
        SCHEMAS / f"{subject}.json": _json(schema_of(payload)) for subject, payload in PAYLOADS.items()
    }
    return schemas | {
        Path("docs/events.md"): reference(),
        Path("docs/asyncapi.json"): _json(asyncapi()),
    }


def incompatible(folder: Path) -> list[str]:
    """What the models break of the schemas in `folder`."""
    published = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))}
    proposed = {subject: schema_of(payload) for subject, payload in PAYLOADS.items()}
    reasons = [str(violation) for violation in removed_subjects(published, proposed)]
    for subject in published.keys() & proposed.keys():
        reasons += [f"{subject}: {one}" for one in violations(published[subject], proposed[subject])]
    return sorted(reasons)


def outdated(root: Path, files: dict[Path, str]) -> list[str]:
    """Which of `files` are missing or different below `root`."""
    return [
        f"{path} is out of date: run python -m openward_contracts.export"
        for path, text in files.items()
        if not (root / path).is_file() or (root / path).read_text("utf-8") != text
    ]


def _write(root: Path, files: dict[Path, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
