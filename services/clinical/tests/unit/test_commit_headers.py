"""What a client says of its commit in headers, in the spellings that ITS-REST has had."""

import pytest
from clinical.domain.stated import Stated, read_claim, read_headers, stated_now, stating
from openward_servicekit.errors import Malformed

WHY = Stated("Wrong unit", "250")


@pytest.mark.parametrize(
    "headers",
    [
        [("openehr-audit-details", 'change_type.code_string="250",description.value="Wrong unit"')],
        [
            ("openehr-audit-details", 'change_type.code_string="250"'),
            ("openehr-audit-details", 'description.value="Wrong unit"'),
        ],
        [("openehr-audit_details", 'description.value = "Wrong unit" , change_type.code_string= "250"')],
        [
            ("openehr-audit_details.change_type", 'code_string="250"'),
            ("openehr-audit_details.description", 'value="Wrong unit"'),
        ],
        [
            (
                "openehr-audit-details",
                'change_type.code_string="250", nonsense, description.value="Wrong unit',
            ),
            ("openehr-audit-details", 'description.value="Wrong unit"'),
            ("accept", 'description.value="Not this"'),
        ],
    ],
)
def test_every_spelling_says_the_same(headers: list[tuple[str, str]]) -> None:
    assert read_headers(headers) == WHY


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("openehr-version", 'lifecycle_state.code_string="553"'),
        ("openehr-version.lifecycle_state", 'code_string="553"'),
    ],
)
def test_a_version_may_be_incomplete(name: str, value: str) -> None:
    assert read_headers([(name, value)]) == Stated(lifecycle_state="553")


def test_quotes_in_a_text_are_escaped() -> None:
    said = read_headers([("openehr-audit-details", r'description.value="a \"b\", c=\"d\" \\"')])

    assert said.description == 'a "b", c="d" \\'


def test_text_beyond_ascii_is_utf_8_or_latin_1() -> None:
    for encoding in ("utf-8", "latin-1"):
        on_the_wire = 'description.value="Größe"'.encode(encoding).decode("latin-1")
        assert read_headers([("openehr-audit-details", on_the_wire)]).description == "Größe"


def test_who_is_named_as_committer_is_only_a_claim() -> None:
    value = 'committer.name="Ada",committer.external_ref.id="x-1",committer.external_ref.type="PERSON"'

    assert read_headers([("openehr-audit-details", value)]) == Stated(committer="x-1 Ada")
    assert read_claim({"committer": {"name": "Ada\0"}}) == Stated(committer="Ada\ufffd")


@pytest.mark.parametrize(
    "value", ["", "{}", '{"description": {"value": "x"}}', 'change_type.code_string="1"', "a" * 4096]
)
def test_what_cannot_be_understood_is_ignored(value: str) -> None:
    assert read_headers([("openehr-audit-details", value)]) == Stated()


def test_too_much_is_refused_however_it_is_divided() -> None:
    with pytest.raises(Malformed):
        read_headers([("openehr-audit-details", "a" * 4096), ("openehr-version", "a")])


def test_what_is_said_holds_for_one_request() -> None:
    with stating(WHY):
        assert stated_now() == WHY

    assert stated_now() == Stated()
