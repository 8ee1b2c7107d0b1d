from typing import Any

from openward_cli.demo import trail
from openward_cli.demo.trail import CREATED, DENIED, EHR_CREATED, READ, REGISTERED, Deed

UID = "5f1c8d0e-0000-4000-8000-000000000001::openward.local::1"
OTHER = "5f1c8d0e-0000-4000-8000-000000000002::openward.local::1"


def entry(
    kind: str, actor: str = "ada", *, request_id: str = "r1", uid: str | None = None, index: int = 0
) -> dict[str, Any]:
    return {
        "index": index,
        "kind": kind,
        "actor": actor,
        "correlation_id": request_id,
        "version_uid": uid,
        "outcome": "ok",
    }


def test_a_log_of_all_that_was_done_is_right() -> None:
    deeds = [
        Deed(REGISTERED, "clara", "r1"),
        Deed(EHR_CREATED),
        Deed(CREATED, "ada", "r2", UID),
        Deed(READ, "ada", "r3", UID),
    ]
    entries = [
        entry(REGISTERED, "clara", request_id="r1"),
        entry(EHR_CREATED, "service:clinical", request_id="whatever"),
        entry(CREATED, "ada", request_id="r2", uid=UID),
        entry(READ, "ada", request_id="r3", uid=UID),
    ]

    assert trail.faults(deeds, entries) == []


def test_a_missing_event_is_found() -> None:
    deeds = [Deed(CREATED, version_uid=UID), Deed(CREATED, version_uid=OTHER)]

    assert trail.faults(deeds, [entry(CREATED, uid=UID)]) == [
        f"the log has no entry for: somebody recorded a composition ({OTHER})"
    ]


def test_a_double_event_is_found() -> None:
    deeds = [Deed(CREATED, "ada", version_uid=UID)]

    assert trail.faults(deeds, [entry(CREATED, uid=UID), entry(CREATED, uid=UID, index=1)]) == [
        f"the log has 2 entries for: ada recorded a composition ({UID})"
    ]


def test_an_entry_of_something_that_nobody_did_is_found() -> None:
    strange = entry(READ, "mallory", index=17)

    assert trail.faults([Deed(READ, "ada", "r1")], [entry(READ), strange]) == [
        "entry 17 (access.record.read.v1 by mallory) is of something that nobody did"
    ]


def test_what_another_did_is_missing() -> None:
    assert len(trail.faults([Deed(DENIED, "norbert")], [entry(DENIED, "clara")])) == 2


def test_the_same_done_twice_is_told_apart_by_request() -> None:
    deeds = [Deed(READ, "clara", "r1"), Deed(READ, "clara", "r2")]
    once, twice = entry(READ, "clara", request_id="r1"), entry(READ, "clara", request_id="r2", index=1)

    assert trail.faults(deeds, [once, twice]) == []
    assert trail.missing(deeds, [once]) == [deeds[1]]


def stream(**changed: object) -> dict[str, Any]:
    return {"stream": "CLINICAL", "lag": 0, "stopped": None, "gaps_found": 2, "gaps_repaired": 2, **changed}


def test_a_log_at_the_end_of_every_stream_is_not_behind() -> None:
    assert trail.behind([stream(), stream(stream="ACCESS")]) == []


def test_a_log_that_lags_is_behind() -> None:
    assert trail.behind([stream(lag=3)]) == ["the log is 3 messages behind the stream CLINICAL"]


def test_a_log_that_cannot_tell_or_has_stopped_is_behind() -> None:
    assert len(trail.behind([stream(lag=None), stream(stopped="no archive")])) == 2


def test_a_hole_is_found() -> None:
    assert trail.behind([stream(gaps_found=3)]) == [
        "the stream CLINICAL has lost messages that are not in the log"
    ]


def test_reading_a_composition_is_not_looking_at_the_patient() -> None:
    assert trail.words(READ, UID) != trail.words(READ, None)


def test_a_kind_without_words_speaks_for_itself() -> None:
    assert trail.words("clinical.directory.changed.v1", None) == "clinical.directory.changed.v1"
