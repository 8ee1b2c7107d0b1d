import pytest
from openward_cli import catalogue, launch
from openward_cli.failure import Failure
from openward_cli.process import Process
from openward_cli.servers import nats, service
from openward_cli.stack import Service, Stack
from openward_cli.supervision.control import Supervisor

STACK = Stack(stack="dev", replicas=2)


def order(processes: list[Process]) -> dict[str, frozenset[str]]:
    return {step.name: step.after for step in launch.steps(STACK, processes, Supervisor(STACK))}


def services() -> list[Process]:
    return [service.process(STACK, name, replica) for name in Service for replica in range(STACK.replicas)]


def test_every_replica_waits_for_the_databases() -> None:
    after = order(services())

    assert all(launch.PROVISION in after[STACK.process(s, i)] for s in Service for i in range(2))


def test_only_clinical_waits_for_the_capture_of_ehrbases_events() -> None:
    after = order(services())

    assert {name for name in after if launch.CAPTURE in after[name]} == {"clinical", "clinical-1"}


def test_servers_that_need_nothing_start_at_once() -> None:
    assert order([nats.process(STACK)])["nats"] == frozenset()


def test_databases_are_made_only_where_the_servers_for_it_start() -> None:
    assert launch.PROVISION not in order([nats.process(STACK)])


def test_a_choice_is_by_name() -> None:
    known = [nats.process(STACK), *services()]

    assert catalogue.chosen(known, "nats,audit-1") == ["nats", "audit-1"]


def test_no_choice_is_everything() -> None:
    known = [nats.process(STACK)]

    assert catalogue.chosen(known, "") == ["nats"]


def test_a_name_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(Failure, match="There is no process nat: there are nats"):
        catalogue.chosen([nats.process(STACK)], "nat")
