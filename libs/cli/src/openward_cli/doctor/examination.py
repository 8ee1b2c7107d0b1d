"""`doctor`: one line for everything that the setup and a start need."""

from rich.console import Console

from openward_cli import catalogue, ports
from openward_cli.doctor import machine, tools
from openward_cli.doctor.finding import Finding
from openward_cli.stack import Stack
from openward_cli.supervision.control import Supervisor


def examine(stack: Stack) -> list[Finding]:
    return [
        *(tools.python(), tools.node(), tools.npm(), tools.maven()),
        *(machine.disk(stack.root), machine.memory(), machine.folder(stack.run_dir)),
        *_ports(stack),
    ]


def report(findings: list[Finding], console: Console) -> bool:
    """Prints the findings; true when nothing is missing."""
    for finding in findings:
        mark = "[green]✓[/]" if finding.good else "[red]✗[/]"
        console.print(mark, end=" ")
        console.print(str(finding), markup=False, highlight=False, soft_wrap=True)
    return all(finding.good for finding in findings)


def _ports(stack: Stack) -> list[Finding]:
    if Supervisor(stack).running():
        return [Finding("ports", f"are those of the stack {stack.stack!r}, which runs")]
    judged = [
        machine.judge_port(name, port, ports.holder(port)) for name, port in catalogue.ports(stack).items()
    ]
    taken = [finding for finding in judged if not finding.good]
    return taken or [Finding("ports", f"{len(judged)} are free")]
