"""One of the project's own services: `python -m <service>`."""

import sys
from pathlib import Path

from openward_cli import probes
from openward_cli.environment import service_environment
from openward_cli.process import Process
from openward_cli.stack import Service, Stack


def process(stack: Stack, service: Service, replica: int) -> Process:
    environment = service_environment(stack, service, replica)
    port = stack.service_port(service, replica)
    sources = [stack.root / "services" / service / "src"]
    # A secret that was made anew is read at a start.
    sources += [Path(value) for name, value in environment.items() if name.endswith("_FILE")]
    sources += [stack.root / "libs" / lib / "src" for lib in ("contracts", "servicekit", "prisma-engine")]
    return Process(
        name=stack.process(service, replica),
        command=(sys.executable, "-m", str(service)),
        port=port,
        probe=probes.web(port, "/readyz"),
        directory=stack.run_dir,
        environment=environment,
        # The service drains for ten of these.
        stop_seconds=20,
        reads=tuple(sources),
    )
