"""Who calls, and what they may do. `provider.open_authenticator` connects it to an identity provider."""

from openward_servicekit.auth.authorizer import Authorizer, Denial, require
from openward_servicekit.auth.permissions import Decision, Permission, Reason, decide
from openward_servicekit.auth.principal import Principal, Role
from openward_servicekit.auth.refusals import PermissionDenied

__all__ = [
    "Authorizer",
    "Decision",
    "Denial",
    "Permission",
    "PermissionDenied",
    "Principal",
    "Reason",
    "Role",
    "decide",
    "require",
]
