"""Two clients made for EHRbase, as published, with nothing changed but their base URL and their token.

Each does the same against the stack's EHRbase without Openward. What does not work there is named here, and
is no different through the gateway unless Openward mends it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from openward_cli.stack import REPOSITORY, Stack
from openward_testkit.clinic import Clinic

HERE: Final = Path(__file__).parent
GUIDE: Final = REPOSITORY / "docs" / "guides" / "stock-clients.md"
PROGRAMS: Final = (
    HERE / "first_steps.py",
    HERE / "java/src/main/java/org/openward/stockclients/FirstSteps.java",
)

Run = Callable[[Any], dict[str, str]]

#: oehrpy 0.17 and EHRbase 2.16 by themselves.
OEHRPY_WITH_EHRBASE: Final = {
    # It is told to let `templates` replace a template (ADR 28).
    "template uploaded twice": "AssertionError",
    # oehrpy's name for canonical JSON, which EHRbase does not know: mended here.
    "composition written as canonical": "OpenEHRError 406",
    "composition read in oehrpys own format": "OpenEHRError 406",
    # EHRbase has no `archetype_id` in the predicate of an archetyped class.
    "query of the helper for observations run": "ValidationError 400",
    # EHRbase lists them under another name than oehrpy looks for.
    "stored queries listed": "AssertionError",
    # The builder sets a time, which EHRbase refuses, and no committer, which it demands: mended here.
    "contribution committed as the builder makes it": "ValidationError 400",
    # oehrpy asks for the object of a system, not for a version.
    "composition deleted by its uid": "OpenEHRError 501",
    # EHRbase deletes these only in its admin API.
    "template deleted": "OpenEHRError 405",
    "ehr deleted": "AuthorizationError 403",
}
OEHRPY_WITH_OPENWARD: Final = {
    "server told": "NotFoundError 404",
    "query of the helper for observations run": "ValidationError 400",
    "stored queries listed": "AssertionError",
    "composition deleted by its uid": "NotFoundError 404",
    # There are compositions of it.
    "template deleted": "ValidationError 409",
    # There is no admin API here.
    "ehr deleted": "NotFoundError 404",
}
#: The SDK's client 2.28 and EHRbase 2.16 by themselves.
JAVA_WITH_EHRBASE: Final = {
    # The client reads versions into classes that its generator makes, and not into its own Composition.
    "version by id read": "IndexOutOfBoundsException",
    "latest version read": "IndexOutOfBoundsException",
    # The client asks for the result where it means the definition.
    "stored query read": "WrongStatusCodeException 400",
    # EHRbase takes a GET's parameters under one name only: mended here.
    "stored query run": "WrongStatusCodeException 400",
    "stored query run for a page": "WrongStatusCodeException 400",
}
JAVA_WITH_OPENWARD: Final = {
    "version by id read": "IndexOutOfBoundsException",
    "latest version read": "IndexOutOfBoundsException",
    "stored query read": "WrongStatusCodeException 403",
}


def test_oehrpy_works_through_the_gateway(oehrpy: Run, openward: Any) -> None:
    seen = oehrpy(openward)

    assert seen == dict.fromkeys(seen, "ok") | OEHRPY_WITH_OPENWARD
    assert len(seen) == 33


def test_oehrpy_does_with_ehrbase_itself_no_more_than_that(oehrpy: Run, bare_ehrbase: Any) -> None:
    seen = oehrpy(bare_ehrbase)

    assert seen == dict.fromkeys(seen, "ok") | OEHRPY_WITH_EHRBASE
    assert len(seen) == 33


def test_the_java_sdks_client_works_through_the_gateway(java_client: Run, openward: Any) -> None:
    seen = java_client(openward)

    assert seen == dict.fromkeys(seen, "ok") | JAVA_WITH_OPENWARD
    assert len(seen) == 30


def test_the_java_sdks_client_does_with_ehrbase_itself_no_more_than_that(
    java_client: Run, bare_ehrbase: Any
) -> None:
    seen = java_client(bare_ehrbase)

    assert seen == dict.fromkeys(seen, "ok") | JAVA_WITH_EHRBASE
    assert len(seen) == 30


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_the_guide_shows_the_programs_that_run_here(program: Path) -> None:
    assert program.read_text() in GUIDE.read_text()


def test_the_guides_programs_do_what_the_guide_says(
    python: Path, java: tuple[str, ...], said: Any, stack: Stack, token: str, clinic: Clinic
) -> None:
    assert clinic.stack is stack  # it has the template
    environment = {"OPENWARD_URL": stack.gateway_url, "OPENWARD_TOKEN": token}

    in_python = said((str(python), str(PROGRAMS[0])), **environment)
    in_java = said((*java, "org.openward.stockclients.FirstSteps"), **environment)

    assert in_python == "openward_vital_signs.v1 True True\n"
    assert in_java == "1 true\n"
