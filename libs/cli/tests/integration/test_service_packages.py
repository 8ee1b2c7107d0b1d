"""Each service runs on its own locked packages, as its image has them: no other member lends it one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from openward_cli.stack import REPOSITORY, Service
from openward_testkit import composed

LIBRARIES = ("libs/contracts/src", "libs/openehr/src", "libs/servicekit/src")
BUILDS_ITSELF = """
import importlib
app, settings = (importlib.import_module("{service}." + name) for name in ("app", "settings"))
app.create_app(settings.Settings())
print("built")
"""


def environment(service: Service, secrets: Path) -> dict[str, str]:
    """What docker-compose.yml gives, with its secrets made up, and the code of an image."""
    container = composed.resolved()["services"][service]
    for secret in container["secrets"]:
        (secrets / secret).write_text("made up for this test")
    given = {n: v.replace("/run/secrets/", f"{secrets}/") for n, v in container["environment"].items()}
    code = [str(REPOSITORY / path) for path in (*LIBRARIES, f"services/{service}/src")]
    return given | {"PYTHONPATH": os.pathsep.join(code)}


@pytest.mark.parametrize("service", Service)
def test_a_service_is_built_from_what_it_is_given_on_the_packages_it_locks(
    service: Service, tmp_path: Path
) -> None:
    uv, venv = str(Path(sys.executable).with_name("uv")), str(tmp_path / "venv")
    locked = str(REPOSITORY / "requirements" / f"{service}.txt")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", venv, "--require-hashes", "-r", locked]
    subprocess.run(install, check=True)

    done = subprocess.run(
        [f"{venv}/bin/python", "-c", BUILDS_ITSELF.format(service=service)],
        env=environment(service, tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "built\n", done.stderr
