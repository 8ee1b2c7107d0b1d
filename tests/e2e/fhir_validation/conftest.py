"""HAPI FHIR's validator and its client, as one class path below `.run`, made once for what is pinned."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pytest
from openward_cli.servers import ehrbase
from openward_cli.setting_up.stamp import Stamp
from openward_cli.stack import REPOSITORY
from openward_testkit.fhir_answers import Answer

SOURCE: Final = Path(__file__).parent / "java"
MADE: Final = REPOSITORY / ".run" / ".fhir-validation" / "java"
#: Of the first run on a machine: what Maven fetches.
FETCH_SECONDS: Final = 600
RUN_SECONDS: Final = 900
#: A run is short: quick to compile and small.
_QUICK: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx1g")

Issue = dict[str, Any]


@pytest.fixture(scope="session")
def java() -> tuple[str, ...]:
    """The command that runs a class of `java/`, on the runtime that EHRbase has."""
    stamp = Stamp(MADE / ".made", (SOURCE / "pom.xml", SOURCE / "src"))
    if not stamp.matches():
        shutil.rmtree(MADE, ignore_errors=True)
        maven = ("mvn", "--quiet", "--batch-mode", "--file", str(SOURCE / "pom.xml"), "compile")
        subprocess.run(maven, check=True, timeout=FETCH_SECONDS)
        stamp.write()
    classes = f"{MADE / 'classes'}{os.pathsep}{MADE / 'libs'}/*"
    return str(ehrbase.java()), *_QUICK, "-cp", classes


@pytest.fixture(scope="session")
def validated(java: tuple[str, ...]) -> Callable[[Iterable[Answer]], list[Issue]]:
    def run(answers: Iterable[Answer]) -> list[Issue]:
        given = "".join(answer.line for answer in answers)
        lines = said((*java, "org.openward.fhirvalidation.Validate"), given).splitlines()
        issues = [json.loads(line) for line in lines]
        seen = Counter((each["severity"], each["message"]) for each in issues)
        sys.stdout.writelines(f"{count} {issue}\n" for issue, count in seen.items())
        return issues

    return run


@pytest.fixture(scope="session")
def asked(java: tuple[str, ...]) -> Callable[[str, str, str], dict[str, str]]:
    """What came of each step of HAPI's client: base URL, token, patient."""

    def run(base: str, token: str, patient_id: str) -> dict[str, str]:
        lines = said((*java, "org.openward.fhirvalidation.Ask", base, patient_id), FHIR_TOKEN=token)
        sys.stdout.write(lines)
        return dict(line.split("\t", 1) for line in lines.splitlines())

    return run


def said(command: tuple[str, ...], given: str = "", **environment: str) -> str:
    """What a program writes that ends well."""
    ended = subprocess.run(
        command,
        input=given,
        env=os.environ | environment,
        timeout=RUN_SECONDS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
