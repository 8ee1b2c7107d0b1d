"""The clients as published, each in an environment of its own below `.run`, made once for what is pinned."""

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from openward_cli.demo import vital_signs
from openward_cli.servers import ehrbase
from openward_cli.setting_up.stamp import Stamp
from openward_cli.stack import REPOSITORY, Port, Stack
from openward_cli.token import service_token

HERE: Final = Path(__file__).parent
MADE: Final = REPOSITORY / ".run" / ".stock-clients"
PYTHON: Final = MADE / "python" / "bin" / "python"
#: Of the first run on a machine: what Maven and pip fetch.
FETCH_SECONDS: Final = 600
RUN_SECONDS: Final = 900

#: What came of each step: `ok`, or the kind of the error and its status.
Outcomes = dict[str, str]


@dataclass(frozen=True)
class Server:
    """`url` is what clients of EHRbase are told, without a slash at the end; nothing has the template yet."""

    url: str
    credentials: dict[str, str]
    template_id: str

    @property
    def opt(self) -> str:
        named = vital_signs.opt().decode().replace(vital_signs.TEMPLATE_ID, self.template_id)
        return named.replace(vital_signs._UID, str(uuid4()))

    @property
    def flat(self) -> dict[str, object]:
        return vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")

    @property
    def authorization(self) -> str:
        if token := self.credentials.get("token"):
            return f"Bearer {token}"
        basic = f"{self.credentials['user']}:{self.credentials['password']}"
        return f"Basic {base64.b64encode(basic.encode()).decode()}"


@pytest.fixture
async def token(stack: Stack) -> str:
    """A hospital's own program, as infra/identity/services.json sets it down."""
    return await service_token(stack, "svc-integration")


@pytest.fixture
def openward(stack: Stack, token: str) -> Server:
    return Server(f"{stack.gateway_url}/ehrbase", {"token": token}, new_template_id())


@pytest.fixture
def bare_ehrbase(stack: Stack) -> Server:
    """The same EHRbase, without Openward in front of it."""
    password = stack.secret("ehrbase.user.password").read_text().strip()
    url = f"http://127.0.0.1:{stack.port(Port.EHRBASE)}/ehrbase"
    return Server(url, {"user": ehrbase.USER, "password": password}, new_template_id())


@pytest.fixture(scope="session")
def python() -> Path:
    """With oehrpy and the releases that it pins, and nothing of Openward."""
    lock = REPOSITORY / "requirements" / "stock-clients.txt"
    stamp = Stamp(PYTHON.parents[1] / ".made", (lock,), also=sys.version)
    if not stamp.matches():
        shutil.rmtree(PYTHON.parents[1], ignore_errors=True)
        venv.create(PYTHON.parents[1], with_pip=False)
        pip = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(PYTHON))
        subprocess.run((*pip, "--require-hashes", "-r", str(lock)), check=True, timeout=FETCH_SECONDS)
        stamp.write()
    return PYTHON


@pytest.fixture(scope="session")
def java() -> tuple[str, ...]:
    """The command that runs a class of `java/`, on the runtime that EHRbase has."""
    made, source = MADE / "java", HERE / "java"
    stamp = Stamp(made / ".made", (source / "pom.xml", source / "src"))
    if not stamp.matches():
        shutil.rmtree(made, ignore_errors=True)
        maven = ("mvn", "--quiet", "--batch-mode", "--file", str(source / "pom.xml"), "compile")
        subprocess.run(maven, check=True, timeout=FETCH_SECONDS)
        stamp.write()
    return str(ehrbase.java()), "-cp", f"{made / 'classes'}{os.pathsep}{made / 'libs'}/*"


@pytest.fixture
def oehrpy(python: Path) -> Callable[[Server], Outcomes]:
    def run(server: Server) -> Outcomes:
        told = {"url": server.url, "template_id": server.template_id, "opt": server.opt, "flat": server.flat}
        steps = (str(python), str(HERE / "oehrpy_steps.py"))
        return outcomes(said(steps, given=json.dumps(told | server.credentials)))

    return run


@pytest.fixture
def java_client(java: tuple[str, ...], tmp_path: Path) -> Callable[[Server], Outcomes]:
    def run(server: Server) -> Outcomes:
        opt, flat = tmp_path / "template.opt", tmp_path / "flat.json"
        opt.write_text(server.opt)
        flat.write_text(json.dumps(server.flat))
        steps = (*java, "org.openward.stockclients.Main", f"{server.url}/", str(opt), str(flat))
        return outcomes(said(steps, OPENEHR_AUTHORIZATION=server.authorization))

    return run


@pytest.fixture(name="said")
def what_a_program_says() -> Callable[..., str]:
    return said


def said(command: tuple[str, ...], given: str = "", **environment: str) -> str:
    """What a program writes that ends well."""
    ended = subprocess.run(
        command,
        input=given,
        env=os.environ | environment,
        timeout=RUN_SECONDS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def outcomes(lines: str) -> Outcomes:
    sys.stdout.write(lines)  # shown when a test fails
    split = (line.split("\t", 1) for line in lines.splitlines())
    return {name: outcome.partition(":")[0] for name, outcome in split}


def new_template_id() -> str:
    return f"stock_client_{secrets.token_hex(4)}.v1"
