"""Room, ports, folders."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import psutil

from openward_cli.doctor.finding import Finding
from openward_cli.failure import Failure
from openward_cli.ports import Holder

GIB = 1 << 30
#: Packages, EHRbase and one stack take about 2.5.
SETUP_GIB = 4.0
#: PostgreSQL and JetStream stop to write, each in its own way, some time after this.
RUN_GIB = 1.0
#: EHRbase 0.7, PostgreSQL 0.3, the services 0.2 each.
MEMORY_GIB = 2.5


def disk(folder: Path) -> Finding:
    return judge_disk(shutil.disk_usage(folder).free / GIB, folder)


def judge_disk(free_gib: float, folder: Path) -> Finding:
    text = f"{free_gib:.1f} GB free at {folder}"
    return Finding("disk", text, f"make room for {SETUP_GIB:.0f} GB" if free_gib < SETUP_GIB else "")


def memory() -> Finding:
    return judge_memory(psutil.virtual_memory().available / GIB)


def judge_memory(available_gib: float) -> Finding:
    text = f"{available_gib:.1f} GB available"
    return Finding(
        "memory", text, f"end something: {MEMORY_GIB} GB are needed" if available_gib < MEMORY_GIB else ""
    )


def judge_port(name: str, port: int, held: Holder | None) -> Finding:
    if held is None:
        return Finding("port", f"{port} is free for {name}")
    remedy = f"{held.remedy}, or set OPENWARD_PORT_OFFSET"
    return Finding("port", f"{port}, for {name}, is taken by {held}", remedy)


def folder(path: Path) -> Finding:
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Finding(
            "folder", f"{path} cannot be written ({error.strerror})", "give it to the user who runs this"
        )
    return Finding("folder", f"{path} can be written")


def require_room(path: Path) -> None:
    free = shutil.disk_usage(path).free / GIB
    if free < RUN_GIB:
        raise Failure(
            f"The disk is nearly full: {free:.1f} GB free at {path}",
            f"make room for {RUN_GIB:.0f} GB; `make clean` removes the data of a stack",
        )


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.good)
