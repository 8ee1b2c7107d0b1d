"""The steps' judgement of whole answers, from a gateway that is made up."""

import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from openward_cli.demo import client as client_module
from openward_cli.demo import closing, people, scene, story, trail
from openward_cli.demo.checks import CheckFailed
from openward_cli.demo.client import Client
from openward_cli.demo.scene import Scene
from openward_cli.demo.screen import Screen
from openward_cli.demo.steps import audit, registration
from openward_cli.demo.subject import Subject
from openward_cli.demo.trail import Deed
from openward_cli.failure import Failure
from openward_cli.stack import Stack
from rich.console import Console

STACK = Stack(stack="dev", port_offset=0)
FOLLOWS = {"stream": "CLINICAL", "lag": 0, "stopped": None, "gaps_found": 0, "gaps_repaired": 0}


class Gateway:
    """An audit log whose entries come one page after the other; `late` come with the second look."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.late: list[dict[str, Any]] = []
        self.streams: list[dict[str, Any]] = [FOLLOWS]
        self.looks = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/audit/v1/streams":
            return httpx.Response(200, json={"items": self.streams})
        if request.url.path != "/api/audit/v1/entries":
            return httpx.Response(503, json={"code": "unavailable"})
        known = self.entries + (self.late if self.looks else [])
        start = int(request.url.params.get("cursor", 0))
        more = start + 1 < len(known)
        self.looks += not more
        return httpx.Response(
            200, json={"items": known[start : start + 1], "next_cursor": str(start + 1) if more else None}
        )


def entry(index: int, deed: Deed, actor: str = "") -> dict[str, Any]:
    return {
        "index": index,
        "time": f"2026-01-01T08:00:0{index}.000000Z",
        "kind": deed.kind,
        "actor": actor or deed.actor,
        "version_uid": deed.version_uid or None,
        "correlation_id": deed.request_id,
        "outcome": "ok",
    }


REGISTERED = Deed(trail.REGISTERED, "clara", "r1")
WRITTEN = Deed(trail.CREATED, "ada", "r2", "5f1c8d0e-0000-4000-8000-000000000001::openward.local::1")


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def screen() -> Screen:
    return Screen(Console(file=io.StringIO()))


@pytest.fixture
async def made(gateway: Gateway, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    async def token(_: Stack, user: str) -> str:
        return f"token of {user}"

    monkeypatch.setattr(client_module, "user_token", token)
    monkeypatch.setattr(scene, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(audit, "POLL_SECONDS", 0.001)
    transport = httpx.MockTransport(gateway.answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        yield Scene(STACK, Client(STACK, http), screen)


def subject() -> Subject:
    return Subject("869546ae-aca7-559f-a31c-ae0eb4e3e6b2", "f0b9a405-8220-4e7f-9d94-fa5666bb3b75",
                   [REGISTERED, WRITTEN])  # fmt: skip


def text(screen: Screen) -> str:
    written = screen.console.file
    assert isinstance(written, io.StringIO)
    return written.getvalue()


async def test_a_complete_log_is_read_to_its_last_page(made: Scene, gateway: Gateway) -> None:
    gateway.entries = [entry(2, WRITTEN), entry(1, REGISTERED)]

    found = await audit.complete(made, subject(), seconds=30)

    assert [one["index"] for one in found] == [1, 2]


async def test_an_entry_that_comes_late_is_waited_for(made: Scene, gateway: Gateway) -> None:
    gateway.entries, gateway.late = [entry(1, REGISTERED)], [entry(2, WRITTEN)]

    assert len(await audit.complete(made, subject(), seconds=30)) == 2


async def test_an_entry_that_never_comes_fails_the_check(made: Scene, gateway: Gateway) -> None:
    gateway.entries = [entry(1, REGISTERED)]

    with pytest.raises(CheckFailed, match="no entry for: ada recorded a composition"):
        await audit.complete(made, subject(), seconds=0.01)


async def test_an_entry_that_comes_twice_late_fails_the_check(made: Scene, gateway: Gateway) -> None:
    gateway.entries, gateway.late = [entry(1, REGISTERED), entry(2, WRITTEN)], [entry(3, WRITTEN)]

    with pytest.raises(CheckFailed, match="2 entries for: ada recorded a composition"):
        await audit.complete(made, subject(), seconds=30)


async def test_a_log_that_stays_behind_fails_the_check(made: Scene, gateway: Gateway) -> None:
    gateway.entries = [entry(1, REGISTERED), entry(2, WRITTEN)]
    gateway.streams = [FOLLOWS | {"lag": 4}]

    with pytest.raises(CheckFailed, match="4 messages behind the stream CLINICAL"):
        await audit.complete(made, subject(), seconds=0.01)


async def test_the_auditors_own_searches_are_not_the_patients_story(made: Scene, gateway: Gateway) -> None:
    own = entry(3, Deed(trail.QUERIED), actor=audit.AUDITOR)
    gateway.entries = [entry(1, REGISTERED), entry(2, WRITTEN), own]

    assert len(await audit.complete(made, subject(), seconds=30)) == 2


async def test_what_was_done_in_a_row_is_one_line(made: Scene, gateway: Gateway, screen: Screen) -> None:
    reads = [Deed(trail.READ, "clara", f"r{number}") for number in (3, 4)]
    about = subject()
    about.deeds += reads
    gateway.entries = [entry(number, deed) for number, deed in enumerate(about.deeds)]

    await audit.list_everything(made, about)

    assert "looked at the patient (2 times)" in text(screen)
    assert "all 4 things" in text(screen)
    assert made.checks == 2


@pytest.mark.parametrize(
    ("break_off", "sentence"),
    [
        (CheckFailed("it is not"), "Step 1 went wrong: it is not"),
        (httpx.ConnectError("refused"), r"Step 1 went wrong: no answer came \(ConnectError\): see `make"),
    ],
)
async def test_what_goes_wrong_is_one_sentence_with_its_step(
    made: Scene, monkeypatch: pytest.MonkeyPatch, break_off: Exception, sentence: str
) -> None:
    async def register(_: Scene) -> Subject:
        raise break_off

    monkeypatch.setattr(registration, "register", register)

    with pytest.raises(Failure, match=f"^{sentence}"):
        await story.walk(made)


async def test_a_wrong_answer_comes_with_the_failure(made: Scene) -> None:
    with pytest.raises(Failure, match="answered 503 where 201 is right") as failure:
        await story.walk(made)
    assert '"code": "unavailable"' in failure.value.details


def test_the_end_names_logins_and_no_password(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(*_: object, **__: object) -> str:
        raise AssertionError("the file with the passwords was read")

    read: Callable[..., str] = type(STACK.root).read_text
    monkeypatch.setattr(
        type(STACK.root),
        "read_text",
        lambda path, **how: unread() if path.is_relative_to(STACK.run_dir) else read(path, **how),
    )

    closing.show(screen, STACK, subject())

    assert "http://127.0.0.1:8080/docs" in text(screen)
    assert "norbert" in text(screen)
    assert "identity.users.json" in text(screen)
    assert "OPENWARD_STACK" not in text(screen)


def test_commands_of_another_stack_name_it(screen: Screen) -> None:
    closing.show(screen, Stack(stack="other", port_offset=300), subject())

    assert "OPENWARD_STACK=other OPENWARD_PORT_OFFSET=300 make token USER_NAME=ada" in text(screen)


def test_no_two_people_have_the_same_identifier() -> None:
    people_met = [people.somebody() for _ in range(50)]

    assert len({json.dumps(person["identifiers"]) for person in people_met}) == 50
