"""What one document in place of another means for what is stored."""

import pytest
from openward_cli.demo import vital_signs
from templates.domain.difference import compare
from templates.domain.semantic_version import SemanticVersion

OLD = vital_signs.opt()


@pytest.mark.parametrize(
    ("old", "new", "breaking", "version"),
    [
        (b"\n ", b"\n\t", False, "1.2.4"),
        (b"Highest pressure of a heart beat", b"The highest pressure", False, "1.2.4"),
        (b"<upper>1000.0</upper>", b"<upper>1200.0</upper>", False, "1.3.0"),
        (b"<upper>1000.0</upper>", b"<upper>900.0</upper>", True, "2.0.0"),
        (b"Blood pressure", b"Pressure", True, "2.0.0"),
    ],
)
def test_a_change_breaks_what_is_stored_unless_all_of_it_could_still_be_written(
    old: bytes, new: bytes, *, breaking: bool, version: str
) -> None:
    difference = compare(OLD, OLD.replace(old, new))

    assert difference.breaking == bool(difference.told) == breaking
    assert str(difference.after(SemanticVersion(1, 2, 3))) == version


def test_what_cannot_be_compared_is_taken_for_breaking() -> None:
    inner = b"<children><attributes>" * 101 + b"</attributes></children>" * 101
    unreadable = OLD.replace(b"</definition>", b"<attributes>" + inner + b"</attributes></definition>")

    difference = compare(unreadable, OLD)

    assert difference.breaking
    assert str(difference.after(SemanticVersion(1, 2, 3))) == "2.0.0"
