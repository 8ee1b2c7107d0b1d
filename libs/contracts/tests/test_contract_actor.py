import pytest
from openward_contracts.actor import SYSTEM_ACTOR, Actor


def test_a_service_acts_as_itself() -> None:
    actor = SYSTEM_ACTOR("clinical")
    assert (actor.sub, actor.client_id, actor.kind) == ("service:clinical", "clinical", "system")
    assert SYSTEM_ACTOR("clinical") is actor


@pytest.mark.parametrize(
    ("roles", "kind"), [(("clinician",), "user"), ((), "user"), (("auditor", "service"), "service_account")]
)
def test_the_role_tells_a_machine_from_a_person(roles: tuple[str, ...], kind: str) -> None:
    assert Actor("x", "app", roles).kind == kind


def test_a_login_of_the_repository_is_a_machine() -> None:
    assert Actor("ehrbase:openward", "ehrbase", ()).kind == "service_account"


@pytest.mark.parametrize(
    "actor",
    [
        Actor("ada", "web", ("clinician", "auditor")),
        Actor("robot", "lab", ("service",), on_behalf_of="ada", purpose="TREAT"),
        Actor('q"%é', "", ()),
    ],
)
def test_claims_carry_everything_but_the_subject(actor: Actor) -> None:
    assert Actor.from_claims(actor.sub, actor.claims()) == actor
    assert actor.sub not in actor.claims() or not actor.roles


def test_claims_leave_out_what_is_absent() -> None:
    assert Actor("ada", "web", ("clinician",)).claims() == '{"client_id":"web","roles":["clinician"]}'


def test_unknown_claims_are_ignored() -> None:
    assert Actor.from_claims("ada", '{"client_id":"web","later":1}') == Actor("ada", "web", ())


@pytest.mark.parametrize("claims", ["", "[]", "5", '{"roles":"all"}', '{"roles":[1]}', '{"purpose":{}}'])
def test_what_is_no_claims_is_refused(claims: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Actor.from_claims("ada", claims)
