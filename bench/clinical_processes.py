"""What the processes of a stack take: CPU seconds and resident memory, as the kernel counts them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import psutil
from openward_cli.stack import Service, Stack
from openward_cli.supervision.control import Supervisor

_MIB: Final = 1 << 20
#: Those that have a part in a clinical request.
_OTHERS: Final = ("gateway", "ehrbase", "postgres", "nats")

Cpu = Mapping[str, float]
"""Seconds, by process; all processes of the clinical service together, and each server with its children."""


@dataclass(frozen=True)
class Processes:
    clinical: tuple[psutil.Process, ...]
    others: Mapping[str, psutil.Process]

    @classmethod
    def of(cls, stack: Stack) -> "Processes":
        states = Supervisor(stack).states()
        names = [stack.process(Service.CLINICAL, i) for i in range(stack.replicas)]
        return cls(
            tuple(psutil.Process(states[name].pid) for name in names),
            {name: psutil.Process(states[name].pid) for name in _OTHERS},
        )

    def cpu(self) -> Cpu:
        others = {name: _seconds((process,)) for name, process in self.others.items()}
        return {"clinical": _seconds(self.clinical), **others}

    def rss_mb(self) -> float:
        """Of the largest process of the clinical service."""
        return max(process.memory_info().rss for process in self.clinical) / _MIB


def _seconds(processes: Iterable[psutil.Process]) -> float:
    """With children, also those that have ended."""
    total = 0.0
    for process in processes:
        own = process.cpu_times()
        total += own.user + own.system + own.children_user + own.children_system
        for child in process.children(recursive=True):
            try:
                times = child.cpu_times()
            except psutil.NoSuchProcess:  # ended just now, and counted with its parent from now on
                continue
            total += times.user + times.system
    return total


def spent(before: Cpu, after: Cpu) -> Cpu:
    return {name: after[name] - before[name] for name in before}
