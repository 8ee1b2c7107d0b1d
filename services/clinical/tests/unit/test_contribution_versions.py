"""What a contribution asks for is understood as EHRbase understands it, or refused."""

from typing import Any
from uuid import uuid4

import pytest
from clinical.domain.contribution import read_contribution
from clinical.domain.intent import Kind
from clinical.domain.openehr_errors import ContributionUnreadable

UID = f"{uuid4()}::openward.local::1"
COMPOSITION = {"_type": "COMPOSITION", "archetype_details": {"template_id": {"value": "visit.v1"}}}
_CODES = {"creation": "249", "modification": "251", "amendment": "250", "deleted": "523", "synthesis": "252"}


def version(
    word: str, data: Any = None, preceding: str | None = None, code: str | None = None, **more: Any
) -> dict[str, Any]:
    change = {"value": word, "defining_code": {"code_string": code or _CODES.get(word, "0")}}
    made: dict[str, Any] = {"_type": "ORIGINAL_VERSION", "commit_audit": {"change_type": change}, **more}
    if data is not None:
        made["data"] = data
    if preceding:
        made["preceding_version_uid"] = {"value": preceding}
    return made


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (version("creation", COMPOSITION), Kind.CREATE),
        (version("Modification", COMPOSITION, UID, "251"), Kind.UPDATE),
        (version("amendment", COMPOSITION, UID), Kind.UPDATE),
        (version("deleted", None, UID), Kind.DELETE),
    ],
)
def test_a_version_is_what_its_change_type_says(sent: dict[str, Any], kind: Kind) -> None:
    (change,) = read_contribution({"versions": [sent]})

    assert change.kind is kind
    assert change.template_id == ("visit.v1" if "data" in sent else None)


@pytest.mark.parametrize(
    "sent",
    [
        version("synthesis", COMPOSITION, UID),
        version("deleted", COMPOSITION, UID, code="249"),
        version("creation", COMPOSITION, UID),
        version("modification", COMPOSITION),
        version("modification", None, UID),
        version("creation", {"_type": "PERSON"}),
        version("creation", {"_type": "COMPOSITION"}),
        version("modification", COMPOSITION, "not a uid"),
        {**version("creation", COMPOSITION), "_type": "IMPORTED_VERSION"},
        {"data": COMPOSITION},
        None,
    ],
)
def test_what_is_ambiguous_is_unreadable(sent: Any) -> None:
    with pytest.raises(ContributionUnreadable):
        read_contribution({"versions": [sent]})


@pytest.mark.parametrize("content", [None, [], {}, {"versions": []}, {"versions": {}}])
def test_a_contribution_has_versions(content: Any) -> None:
    with pytest.raises(ContributionUnreadable):
        read_contribution(content)
