from itertools import combinations

import pytest
from openward_cli.stack import HIGHEST_PORT, OFFSETS, Port, Service, Stack
from pydantic import ValidationError


def test_a_stack_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENWARD_STACK", "test")
    monkeypatch.setenv("OPENWARD_REPLICAS", "2")

    stack = Stack()

    assert (stack.stack, stack.replicas, stack.offset) == ("test", 2, 10000)


def test_an_unknown_stack_has_to_name_its_ports() -> None:
    with pytest.raises(ValidationError, match="OPENWARD_PORT_OFFSET is needed for the stack 'mine'"):
        Stack(stack="mine")


def test_ports_that_outgoing_connections_may_have_are_refused_in_one_line() -> None:
    with pytest.raises(ValidationError) as caught:
        Stack(stack="mine", port_offset=24467)

    [error] = caught.value.errors()
    assert error["msg"] == (
        "Value error, OPENWARD_PORT_OFFSET=24467 makes ports that outgoing connections are given: "
        "24466 is the highest that does not"
    )


def test_the_highest_offset_has_room_for_every_port() -> None:
    assert max(_ports(Stack(stack="mine", port_offset=24466, replicas=9))) == HIGHEST_PORT


@pytest.mark.parametrize("names", list(combinations(OFFSETS, 2)))
def test_stacks_beside_each_other_share_no_port(names: tuple[str, str]) -> None:
    one, other = (_ports(Stack(stack=name, replicas=9)) for name in names)

    assert one.isdisjoint(other)


def test_no_port_of_a_stack_is_used_twice() -> None:
    stack = Stack(stack="dev", replicas=9)

    assert len(_ports(stack)) == len(Port) + len(Service) * 9


@pytest.mark.parametrize("name", ["../dev", "Dev", "", "a" * 17, "9lives", "a b"])
def test_a_name_that_is_no_folder_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Stack(stack=name, port_offset=0)


def test_replicas_are_told_apart_by_name() -> None:
    stack = Stack(stack="dev")

    assert [stack.process(Service.AUDIT, i) for i in range(3)] == ["audit", "audit-1", "audit-2"]


def test_a_database_url_holds_no_password() -> None:
    url = Stack(stack="dev").database_url("patients_owner", "patients")

    assert url == "postgresql://patients_owner@127.0.0.1:5433/patients"


def _ports(stack: Stack) -> set[int]:
    replicas = {stack.service_port(service, i) for service in Service for i in range(stack.replicas)}
    return replicas | {stack.port(port) for port in Port}
