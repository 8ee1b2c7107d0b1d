"""One tag says to which encounter a composition belongs; EHRbase takes any number and chooses their ids."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from clinical.adapters.ehrbase_tags import EhrbaseEncounterTags
from clinical.domain.belonging import is_reserved
from clinical.domain.openehr_errors import EncounterTagReserved
from clinical.domain.refusals import ResourceNotFound
from clinical.domain.upstream import Answer, Call
from clinical.service.tagging import check_tags
from openward_contracts.identifiers import EhrId, EncounterId

EHR, OBJECT, VISIT = EhrId.new(), uuid4(), EncounterId.new()
OURS = {"key": "encounter", "value": str(VISIT)}


class Tags:
    """EHRbase's tags of one resource: what has no id is new."""

    def __init__(self, *tags: dict[str, Any]) -> None:
        self.kept = {str(uuid4()): tag for tag in tags}
        self.changes = 0

    async def open(self, call: Call) -> Answer:
        sent = json.loads(call.body) if isinstance(call.body, bytes) else []
        self.changes += call.method != "GET"
        if call.method == "PUT":
            self.kept |= {tag.pop("id", str(uuid4())): tag for tag in sent}
        if call.method == "DELETE":
            self.kept = {tag_id: tag for tag_id, tag in self.kept.items() if tag_id not in sent}
        found = [{"id": tag_id, **tag} for tag_id, tag in self.kept.items()]
        wanted = [tag for tag in found if tag["key"] == call.params.get("keys", tag["key"])]

        async def chunks() -> AsyncIterator[bytes]:
            yield json.dumps(wanted).encode()

        async def close() -> None:
            pass

        return Answer(200, {"content-type": "application/json"}, chunks(), close)

    async def put(self, encounter_id: EncounterId | None) -> list[dict[str, Any]]:
        await EhrbaseEncounterTags(self).put(EHR, OBJECT, encounter_id)
        return sorted(self.kept.values(), key=str)


@pytest.mark.parametrize(
    "before",
    [
        [],
        [OURS],
        [OURS, OURS],
        [{"key": "encounter", "value": "another"}],
        [{"key": "encounter"}, OURS, {"key": "encounter", "value": "another"}],
    ],
)
async def test_whatever_there_was_one_tag_is_left_or_none(before: list[dict[str, Any]]) -> None:
    others = [{"key": "ward", "value": "3"}, {"key": "encounter", "target_path": "/context", "value": "x"}]
    assert await Tags(*before, *others).put(VISIT) == sorted([OURS, *others], key=str)
    assert await Tags(*before, *others).put(None) == sorted(others, key=str)


async def test_a_tag_that_says_so_already_is_not_touched() -> None:
    tags = Tags(OURS)
    await tags.put(VISIT)
    assert tags.changes == 0


@pytest.mark.parametrize(
    ("tag", "reserved"),
    [
        ({"key": "encounter"}, True),
        ({"key": "encounter", "target_path": None, "value": "x"}, True),
        ({"key": "encounter", "target_path": "/context"}, False),
        ({"key": "encounters"}, False),
        ("encounter", False),
        (None, False),
    ],
)
def test_the_tag_of_the_whole_composition_is_reserved(tag: object, *, reserved: bool) -> None:
    assert is_reserved(tag) is reserved


async def checked(tags: Tags, method: str, resource: str, *sent: Any) -> None:
    await check_tags(tags, method, f"experimental/tags/ehr/{EHR}/{resource}/{OBJECT}/item_tag", sent)


async def test_the_reserved_tag_is_neither_set_nor_changed_nor_removed() -> None:
    tags = Tags(OURS, {"key": "ward", "value": "3"})
    ours, ward = tags.kept
    for method, *sent in (
        ("PUT", OURS),
        ("PUT", {"key": "ward"}, OURS),
        ("PUT", {"id": ours, "key": "ward"}),
        ("PUT", {"id": ward, "key": "encounter"}),
        ("DELETE", ours),
        ("DELETE", ward, ours.upper()),
        ("DELETE", {"id": ours}),
    ):
        with pytest.raises(EncounterTagReserved):
            await checked(tags, method, "composition", *sent)


async def test_other_tags_are_free() -> None:
    tags = Tags(OURS, {"key": "ward", "value": "3"})
    _, ward = tags.kept
    await checked(tags, "PUT", "composition", {"id": ward, "key": "ward", "value": "4"}, {"key": "bed"})
    await checked(tags, "DELETE", "composition", ward, "no id", 7, str(uuid4()))
    await checked(tags, "PUT", "ehr_status", OURS)


async def test_a_tag_is_not_brought_from_elsewhere_by_its_id() -> None:
    for resource in ("composition", "ehr_status"):
        with pytest.raises(ResourceNotFound) as refused:
            await checked(Tags(OURS), "PUT", resource, {"id": str(UUID(int=7)), "key": "ward"})
        assert "not found" in refused.value.extensions["message"]
