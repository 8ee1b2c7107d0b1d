"""The service's memory while it passes on the largest bodies: a process of its own, which is looked at."""

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_servicekit.ports import free_port
from pydantic import SecretStr

MB = 1_000_000
#: What the service may take, in bytes, with the largest bodies that it admits.
BOUND = 250 * MB
SIZE = 19 * MB
FLAT = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}
JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml"}


@dataclass(frozen=True)
class Process:
    """`python -m clinical`, and a client of it that has time."""

    client: httpx.AsyncClient
    pid: int

    def peak(self) -> int:
        """The most memory that it has had at once, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        assert found
        return int(found[1]) * 1024

    async def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer; who is told that there is no room for a large body comes again."""
        while True:
            answer = await self.client.request(method, path, **request)
            if answer.status_code != 503 or answer.json()["code"] != "too-many-large-bodies":
                return answer
            await asyncio.sleep(1)


@contextmanager
def variables(settings: Settings, folder: Path) -> Iterator[dict[str, str]]:
    """The settings as a process is told them: secrets in files."""
    told = {}
    for name, value in settings:
        if isinstance(value, SecretStr):
            (folder / name).write_text(value.get_secret_value())
            told[f"OPENWARD_{name.upper()}_FILE"] = str(folder / name)
        elif value is not None:
            told[f"OPENWARD_{name.upper()}"] = str(value)
    yield {**os.environ, **told}


@pytest.fixture
async def process(clinic: Any, settings: Settings, tmp_path: Path) -> AsyncIterator[Process]:
    port = free_port()
    async with clinic.tokens.serving() as jwks_url:
        changes = {"port": port, "oidc_jwks_url": jwks_url, "ehrbase_timeout_seconds": 300.0}
        with (
            variables(settings.model_copy(update=changes), tmp_path) as environment,
            (tmp_path / "log").open("wb") as log,
        ):
            running = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "clinical", env=environment, stdout=log, stderr=log
            )
            try:
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=600) as client:
                    await ready(client, running)
                    yield Process(client, running.pid)
            finally:
                running.terminate()
                await running.wait()


async def ready(client: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(180):
        while process.returncode is None:
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError("the service has not started")


def flat() -> dict[str, object]:
    vitals = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")
    # EHRbase does not take back the proportion that it shows in STRUCTURED.
    small = {path: value for path, value in vitals.items() if "pulse_oximetry" not in path}
    return {**small, "vital_signs/context/ward": "é" * (SIZE // 2)}


def lasting(clinic: Any, **claims: Any) -> dict[str, str]:
    """With a token for as long as it may take."""
    headers: dict[str, str] = clinic.headers(exp=int(time.time()) + 3000, **claims)
    return headers


async def test_the_largest_bodies_leave_the_service_small(clinic: Any, process: Process) -> None:
    patient_id, ehr_id = await clinic.patient()
    headers, base = lasting(clinic), f"/openehr/v1/ehr/{ehr_id}/composition"
    body = json.dumps(flat(), ensure_ascii=False).encode()
    ours = f"/api/clinical/v1/patients/{patient_id}/compositions"

    first = await process.send("POST", ours, params=FLAT, content=body, headers=headers | JSON)
    uid = first.json()["version_uid"]
    shown = {
        form: (await process.send("GET", f"{base}/{uid}", params={"format": form}, headers=headers)).content
        for form in ("FLAT", "STRUCTURED", "JSON")
    }
    xml = await process.send("GET", f"{base}/{uid}", headers=headers | {"Accept": "application/xml"})
    template = {"templateId": vital_signs.TEMPLATE_ID}
    written = await asyncio.gather(
        *(
            process.send(
                "POST", base, params=template | {"format": form}, content=sent, headers=headers | JSON
            )
            for form, sent in shown.items()
        ),
        process.send("POST", base, content=xml.content, headers=headers | XML),
    )
    assert [answer.status_code for answer in written] == [204] * 4, [answer.text[:500] for answer in written]
    read = await asyncio.gather(
        *(process.send("GET", answer.headers["location"], headers=headers) for answer in written)
    )

    assert [first.status_code, xml.status_code] == [201, 200]
    assert [answer.status_code for answer in read] == [200] * 4
    assert min(len(sent) for sent in (body, xml.content, *shown.values())) > SIZE
    assert process.peak() < BOUND


async def test_the_largest_compositions_are_told_but_for_their_long_texts(
    clinic: Any, process: Process
) -> None:
    patient_id, _ = await clinic.patient()
    headers, ours = lasting(clinic), f"/api/clinical/v1/patients/{patient_id}"
    body = json.dumps(flat(), ensure_ascii=False).encode()
    for _ in range(3):
        stored = await process.send(
            "POST", f"{ours}/compositions", params=FLAT, content=body, headers=headers | JSON
        )
        assert stored.status_code == 201, stored.text[:500]

    timeline = (await process.send("GET", f"{ours}/timeline", headers=headers)).json()
    series = (await process.send("GET", f"{ours}/series?node=systolic", headers=headers)).json()

    assert "unreadable" not in timeline | series
    assert [point["magnitude"] for point in series["points"]] == [120] * 3
    wards = [value for item in timeline["items"] for value in item["values"] if "cut" in value]
    assert [value["text"].strip("é") for value in wards] == ["…"] * 3
    assert min(value["cut"] for value in wards) >= SIZE - 1
    assert max(len(value["text"]) for value in wards) < 1000
    assert process.peak() < BOUND


@pytest.mark.parametrize(
    "attack",
    [
        b'{"content":[' + b"[]," * (SIZE // 3) + b"[]]}",
        b'{"content":[' + b"1," * (SIZE // 2) + b"1]}",
        b'{"content":"' + b"\\n" * (SIZE // 2) + b'"}',
        b'{"content":"%b"}' % ("\N{HOSPITAL}".encode() * (SIZE // 4)),
        b"[" * SIZE,
        b'{"a":' * (SIZE // 5),
    ],
    ids=["lists", "numbers", "escapes", "wide", "deep lists", "deep objects"],
)
async def test_json_that_would_be_a_large_tree_becomes_none(
    clinic: Any, process: Process, attack: bytes
) -> None:
    patient_id, ehr_id = await clinic.patient()
    headers = lasting(clinic, scope="user/composition-*.cruds user/Patient.cruds") | JSON

    answers = await asyncio.gather(
        process.send(
            "POST", f"/api/clinical/v1/patients/{patient_id}/compositions", content=attack, headers=headers
        ),
        process.send("POST", f"/openehr/v1/ehr/{ehr_id}/contribution", content=attack, headers=headers),
        process.send("POST", f"/openehr/v1/ehr/{ehr_id}/directory", content=attack, headers=headers),
    )

    assert all(400 <= answer.status_code < 500 for answer in answers), [
        answer.text[:300] for answer in answers
    ]
    assert process.peak() < BOUND
