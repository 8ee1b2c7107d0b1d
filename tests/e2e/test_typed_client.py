"""The program of tests/client, typed by the API's description alone, does its way through the gateway."""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

from openward_cli.demo import people, vital_signs
from openward_cli.demo.client import Client
from openward_cli.stack import REPOSITORY, Stack
from openward_cli.token import user_token
from openward_testkit.clinic import AUTHOR, CLERK, CLINICIAN

_COMPILE: Final = "import(process.argv[1]).then((module) => module.compile(process.argv[2]))"


async def test_a_typed_client_registers_writes_and_reads(
    stack: Stack, client: Client, tmp_path: Path
) -> None:
    xml = {"Content-Type": "application/xml"}
    await client.send(AUTHOR, "POST", "/api/templates/v1/templates", content=vital_signs.opt(), headers=xml)
    folder = tmp_path / "client"
    _node("-e", _COMPILE, str(REPOSITORY / "tests" / "client" / "compiled.mjs"), str(folder))
    (folder / "node_modules").symlink_to(REPOSITORY / "node_modules")
    given = {
        "url": stack.gateway_url,
        "clerk": await user_token(stack, CLERK),
        "clinician": await user_token(stack, CLINICIAN),
        "patient": json.dumps(people.somebody()),
        "vitals": json.dumps(vital_signs.flat(120, 80, "2026-11-20T10:00:00Z", composer="Dr. Example")),
    }

    assert _node(str(folder / "flows.mjs"), GIVEN=json.dumps(given)) == "done\n"


def _node(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        ["node", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
