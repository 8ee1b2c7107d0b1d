"""What the tables cannot take of one composition does not keep the others of its record from being read."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from clinical.domain.extraction import Extracted, extract
from clinical.domain.recorded import Change, Identity, KeptVersion, VersionKey
from openward_contracts.identifiers import EhrId, TemplateId

NOON: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEPTH: Final = 100


def composition(name: str, depth: int = 0) -> dict[str, Any]:
    item: dict[str, Any] = {
        "_type": "ELEMENT",
        "archetype_node_id": "at0004",
        "name": {"_type": "DV_TEXT", "value": name},
        "value": {"_type": "DV_COUNT", "magnitude": 1},
    }
    for number in range(depth):
        item = {
            "_type": "CLUSTER",
            "archetype_node_id": f"openEHR-EHR-CLUSTER.a_cluster_with_a_long_name_{uuid4().hex}_{number}.v1",
            "name": {"_type": "DV_TEXT", "value": "deeper"},
            "items": [item],
        }
    return {
        "_type": "COMPOSITION",
        "archetype_node_id": "openEHR-EHR-COMPOSITION.encounter.v1",
        "name": {"value": "Visit"},
        "content": [
            {
                "_type": "EVALUATION",
                "archetype_node_id": "openEHR-EHR-EVALUATION.size.v1",
                "name": {"value": "Size"},
                "data": {"_type": "ITEM_TREE", "archetype_node_id": "at0001", "items": [item]},
            }
        ],
    }


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(composition("Deep", DEPTH), id="a path longer than an index takes"),
        pytest.param(composition("\0"), id="a character that PostgreSQL does not have"),
        pytest.param(composition("\ud800"), id="half a character"),
    ],
)
async def test_a_composition_that_cannot_be_kept_is_unreadable(shelf: Any, odd: Mapping[str, Any]) -> None:
    ehr_id = EhrId.new()
    object_id, whole = uuid4(), VersionKey(uuid4(), 1)
    former, broken = VersionKey(object_id, 1), VersionKey(object_id, 2)
    later = NOON + timedelta(hours=1)
    identity = Identity(TemplateId("size.v1"), NOON, deleted=False)
    async with shelf.recorder(None).kept.alone(ehr_id) as keeping:
        await keeping.change(
            Change((), {}, {former: KeptVersion(identity, None)}), {former: _read(composition("Height"))}
        )
        new = {
            broken: KeptVersion(Identity(TemplateId("size.v1"), later, deleted=False), None),
            whole: KeptVersion(identity, None),
        }
        read = {broken: _read(odd), whole: _read(composition("Width"))}
        await keeping.change(Change((), {former: later}, new), read)

    said = {(row[0], row[1]): (row[3], row[4]) for row in await shelf.versions(ehr_id)}
    assert said == {former: (False, False), broken: (True, True), whole: (True, False)}
    words = await shelf.own.fetch(
        "select words from recorded_entry where ehr_id = $1 and replaced_at is null", ehr_id
    )
    assert ["width" in row["words"] for row in words] == [True]


def _read(content: Mapping[str, Any]) -> Extracted:
    extracted = extract(content)
    assert extracted is not None
    return extracted
