"""Which version a stored query gets that names none, or a part of one: the one that EHRbase would give it."""

import pytest
from clinical.domain.refusals import RequestRefused
from clinical.domain.stored_version import WantedVersion

HELD = ["1.0.0", "1.0.3", "1.2.0", "2.0.0", "2.10.0", "2.9.7", "3.0.0-draft", "not a version"]


@pytest.mark.parametrize(
    ("wanted", "following"),
    [
        (None, "3.0.0"),
        ("LATEST", "3.0.0"),
        (" ", "3.0.0"),
        ("0", "0.0.0"),
        ("1", "1.3.0"),
        ("2", "2.11.0"),
        ("3", "3.0.0"),
        ("1.0", "1.0.4"),
        ("1.2", "1.2.1"),
        ("1.7", "1.7.0"),
        ("2.10", "2.10.1"),
    ],
)
def test_what_was_not_named_follows_the_latest_release(wanted: str | None, following: str) -> None:
    version = WantedVersion.of(wanted)

    assert version.whole is None
    assert version.next_after(HELD) == following


def test_the_first_release_is_a_major_one() -> None:
    assert WantedVersion().next_after([]) == "1.0.0"
    assert WantedVersion().next_after(["1.0.0-draft"]) == "1.0.0"


@pytest.mark.parametrize(
    ("text", "is_replaced"), [("0.0.0", False), ("1.20.3", False), ("1.0.0-rc.1-x", True)]
)
def test_a_whole_version_is_taken_as_it_is(text: str, *, is_replaced: bool) -> None:
    assert (WantedVersion.of(text).whole, WantedVersion.of(text).is_replaced) == (text, is_replaced)


@pytest.mark.parametrize(
    "text", ["x", "01.0.0", "1.0.0.0", "1.", "1-draft", "1.0.0-", "1.0.0+build", "-1", "1.0.0\n"]
)
def test_what_is_no_version_is_refused_as_ehrbase_says(text: str) -> None:
    with pytest.raises(RequestRefused) as refusal:
        WantedVersion.of(text)

    assert refusal.value.extensions == {"message": "Incorrect version. Use the SEMVER format."}
