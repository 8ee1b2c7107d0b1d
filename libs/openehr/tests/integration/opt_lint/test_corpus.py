"""What is wrong in the templates of openEHR_SDK's test data, and how long it takes to say so."""

import time

import pytest
from openward_openehr.opt.lint import lint
from openward_testkit import corpus

#: Errors of the whole corpus; all but the first are stored by EHRbase all the same.
ERRORS = {
    "unsupported_data_type_dv_scale": {"rm-type-unsupported"},
    "ips.v0": {"rm-attribute-unknown"},
    "RIPPLE-Conformance Test": {"rm-attribute-unknown"},
    "section_cardinality": {"cardinality-exceeded"},
}
#: Of processor time, for 1.9 MB.
LARGEST_SECONDS = 3.0


@pytest.mark.parametrize("opt", corpus.opts(), ids=lambda opt: opt.name)
def test_only_what_is_wrong_is_an_error(opt: corpus.Opt) -> None:
    found = {finding.code for finding in lint(opt.read()) if finding.severity == "error"}
    assert found == ERRORS.get(opt.name, set())


def test_every_finding_stands_at_a_place_of_the_document() -> None:
    source = corpus.opt("Test_all_types").read()
    lines = source.decode("utf-8-sig").splitlines()
    places = [(finding.line, finding.column) for finding in lint(source)]
    assert all(1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) for line, column in places)


def test_the_largest_is_checked_in_a_moment() -> None:
    source = corpus.opt("ips.v0").read()
    assert min(_seconds(source) for _ in range(5)) < LARGEST_SECONDS


def _seconds(source: bytes) -> float:
    before = time.process_time()
    lint(source)
    return time.process_time() - before
