import json

import pytest
from openward_cli.stack import REPOSITORY, Stack
from openward_cli.token import DEFAULT_SCOPES, TokenRefused, default_scope, roles_of
from openward_servicekit.auth.scopes import parse_scopes

STACK = Stack(stack="dev", port_offset=0)
USERS = json.loads((REPOSITORY / "infra" / "identity" / "users.json").read_text())


@pytest.mark.parametrize("role", DEFAULT_SCOPES)
def test_every_default_scope_is_one_that_services_understand(role: str) -> None:
    wanted = DEFAULT_SCOPES[role].split()

    assert len(parse_scopes(DEFAULT_SCOPES[role])) == len(wanted)
    assert len({scope.split("/")[0] for scope in wanted}) == 1


@pytest.mark.parametrize("user", USERS)
def test_every_user_of_the_provider_has_a_default_scope(user: str) -> None:
    assert parse_scopes(default_scope(roles_of(STACK, user)))


def test_who_has_no_role_asks_like_a_clinician() -> None:
    assert default_scope([]) == DEFAULT_SCOPES["clinician"]


def test_several_roles_ask_for_each_scope_once() -> None:
    scope = default_scope(["clinician", "clerk", "clinician"]).split()

    assert len(scope) == len(set(scope))


def test_an_unknown_user_is_told_who_there_is() -> None:
    with pytest.raises(TokenRefused, match="ada, clara"):
        roles_of(STACK, "mallory")
