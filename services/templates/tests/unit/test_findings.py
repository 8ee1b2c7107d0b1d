"""What is found in a document, and which of it keeps a template from being taken."""

import pytest
from openward_cli.demo import vital_signs
from openward_openehr.opt.reading import MAX_DEPTH
from templates.domain.errors import TemplateLintFailed
from templates.domain.findings import examined
from templates.domain.version import Severity

NESTED = "<children><attributes>"


def nested(deep: int) -> bytes:
    """A template with objects within each other, of which none says its type."""
    inner = NESTED * deep + "</attributes></children>" * deep
    text = vital_signs.opt().decode()
    return text.replace("</definition>", f"<attributes>{inner}</attributes></definition>").encode()


def test_a_good_template_has_no_errors_and_no_warnings() -> None:
    assert {finding.severity for finding in examined(vital_signs.opt())} <= {Severity.INFO}


def test_errors_that_ehrbase_may_live_with_are_told_with_their_places() -> None:
    source = vital_signs.opt().replace(b"<upper>1000.0</upper>", b"<upper>-1.0</upper>", 1)
    line = source[: source.index(b"<upper>-1.0")].count(b"\n") + 1

    (found,) = (each for each in examined(source) if each.severity is Severity.ERROR)

    assert abs(found.line - line) < 10
    assert (found.code, found.column > 1) == ("interval-reversed", True)


def test_a_document_whose_objects_have_no_type_is_refused_with_the_places() -> None:
    source = vital_signs.opt().replace(b"<rm_type_name>OBSERVATION</rm_type_name>", b"", 1)

    with pytest.raises(TemplateLintFailed) as refused:
        examined(source)

    assert "rm-type-missing" in {error.code for error in refused.value.errors}


def test_a_document_with_errors_that_cannot_be_understood_is_refused_with_all_findings() -> None:
    with pytest.raises(TemplateLintFailed) as refused:
        examined(nested(MAX_DEPTH + 1))

    assert "within each other" in (refused.value.detail or "")
    assert "rm-type-missing" in {error.code for error in refused.value.errors}
    assert all((error.path or "").startswith("line ") for error in refused.value.errors)


def test_what_is_found_quotes_no_prose_of_the_document() -> None:
    source = vital_signs.opt().replace(b">at0004<", b">SECRET prose<")
    assert not [each for each in examined(source) if "SECRET" in each.detail]
