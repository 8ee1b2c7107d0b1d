"""Where clients find everything: the document of SMART App Launch 2.2 and SMART on openEHR."""

from typing import Any, Final, NamedTuple

from openward_cli.stack import Stack


class Provider(NamedTuple):
    """The identity provider's addresses as clients know them.

    `keys_from` is where the gateway reads the keys when it reaches the provider by another way.
    """

    issuer: str
    jwks_uri: str
    authorization_endpoint: str
    token_endpoint: str
    keys_from: str = ""

    @property
    def keys(self) -> str:
        return self.keys_from or self.jwks_uri


def local_provider(stack: Stack) -> Provider:
    at = stack.issuer
    return Provider(at, f"{at}/jwks", f"{at}/auth", f"{at}/token")


#: What applications ask for; there are as many more as there are templates and queries.
_SCOPES: Final = (
    "openid",
    "profile",
    "user/Patient.cruds",
    "user/Encounter.cruds",
    "user/Observation.rs",
    "user/composition-*.cruds",
    "user/aql-*.rs",
    "user/template-*.cruds",
    "user/AuditEvent.rs",
    "patient/Patient.rs",
    "patient/Encounter.rs",
    "patient/Observation.rs",
    "patient/composition-*.rs",
    "system/*.cruds",
)


def smart_configuration(base: str, provider: Provider) -> dict[str, Any]:
    """`base` is the gateway's URL as clients know it, without a slash at the end."""
    return {
        "issuer": provider.issuer,
        "jwks_uri": provider.jwks_uri,
        "authorization_endpoint": provider.authorization_endpoint,
        "token_endpoint": provider.token_endpoint,
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": list(_SCOPES),
        "capabilities": [
            "client-public",
            "client-confidential-symmetric",
            "permission-v1",
            "permission-v2",
            "permission-patient",
            "permission-user",
            "openehr-permission-v1",
        ],
        "services": {
            "org.openehr.rest": {
                "baseUrl": f"{base}/openehr/v1",
                "openapi": f"{base}/openapi.json",
                "documentation": f"{base}/docs",
            },
            "org.hl7.fhir": {"baseUrl": f"{base}/fhir/r4"},
        },
    }
