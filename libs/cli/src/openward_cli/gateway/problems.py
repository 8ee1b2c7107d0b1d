"""What Envoy says when it answers itself: as the services, problems (RFC 9457) or FHIR's OperationOutcome."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_CEL: Final = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
_CHALLENGE: Final = {"www-authenticate": 'Bearer realm="openward"'}
_INVALID: Final = {"www-authenticate": 'Bearer realm="openward", error="invalid_token"'}
_SOON: Final = {"retry-after": "1"}


class _Reply(NamedTuple):
    """Envoy's `status`, or all from there on, as a problem; `given` narrows it, `status_sent` replaces it."""

    status: int
    code: str
    detail: str
    headers: Mapping[str, str] = {}
    given: Mapping[str, Any] | None = None
    status_sent: int | None = None
    and_above: bool = False


def _details_contain(text: str) -> dict[str, Any]:
    expression = {"@type": _CEL, "expression": f"response.code_details.contains('{text}')"}
    return {
        "extension_filter": {"name": "envoy.access_loggers.extension_filters.cel", "typed_config": expression}
    }


_NO_KEYS: Final = _details_contain("Jwks_remote_fetch")
#: Envoy says 403 when the audience is another; RFC 6750 says 401 for every token that is not valid.
_TOKEN_DENIED: Final = _details_contain("jwt_authn_access_denied")
_HAS_TOKEN: Final = {"header_filter": {"header": {"name": "authorization", "present_match": True}}}

_NOT_VALID: Final = "The access token is not valid."

# The first that fits is taken.
_REPLIES: Final = (
    _Reply(401, "unavailable", "Tokens cannot be checked at the moment.", _SOON, _NO_KEYS, 503),
    _Reply(401, "unauthenticated", _NOT_VALID, _INVALID, _HAS_TOKEN),
    _Reply(403, "unauthenticated", _NOT_VALID, _INVALID, _TOKEN_DENIED, 401),
    _Reply(401, "unauthenticated", "An access token is needed.", _CHALLENGE),
    _Reply(404, "not-found", "There is nothing here."),
    _Reply(405, "method-not-allowed", "This method is not served.", {"allow": ""}),
    _Reply(408, "request-timeout", "The request took too long to arrive."),
    _Reply(413, "body-too-large", "The body is larger than is accepted here."),
    _Reply(429, "too-many-requests", "There are too many requests from this address.", _SOON),
    _Reply(431, "header-too-large", "The header fields are too many or too long."),
    _Reply(502, "upstream-broken", "The service gave no usable answer; the outcome is unknown."),
    _Reply(503, "unavailable", "The service cannot be reached at the moment.", _SOON),
    _Reply(504, "upstream-timeout", "The service did not answer in time; the outcome is unknown.", _SOON),
    _Reply(500, "internal-error", "The gateway failed.", and_above=True),
    _Reply(400, "malformed-request", "The request is not one that is accepted.", and_above=True),
)


_BELOW_FHIR: Final = {
    "header_filter": {
        "header": {"name": ":path", "string_match": {"safe_regex": {"regex": "/fhir/r4(?:[/?].*)?"}}}
    }
}
#: http://hl7.org/fhir/issue-type by status.
_ISSUES: Final = {
    401: "login",
    403: "login",
    404: "not-found",
    405: "not-supported",
    408: "timeout",
    413: "too-long",
    429: "throttled",
    431: "too-long",
    503: "transient",
    504: "timeout",
    400: "invalid",
}


def mappers() -> list[dict[str, Any]]:
    """Envoy's `local_reply_config.mappers`."""
    outcomes = [_mapper(reply, _outcome(reply), _BELOW_FHIR) for reply in _REPLIES]
    return [*outcomes, *(_mapper(reply, _problem(reply)) for reply in _REPLIES)]


def _mapper(reply: _Reply, body: Mapping[str, Any], where: Mapping[str, Any] | None = None) -> dict[str, Any]:
    mapper = {
        "filter": _filter(reply, where),
        "body_format_override": body,
        "headers_to_add": [_header(name, value) for name, value in reply.headers.items()],
    }
    return mapper | ({"status_code": reply.status_sent} if reply.status_sent else {})


def _filter(reply: _Reply, where: Mapping[str, Any] | None) -> dict[str, Any]:
    wanted = {"default_value": reply.status, "runtime_key": f"openward.local_reply.{reply.status}"}
    status = {
        "status_code_filter": {"comparison": {"op": "GE" if reply.and_above else "EQ", "value": wanted}}
    }
    narrowed = [each for each in (reply.given, where) if each]
    return {"and_filter": {"filters": [status, *narrowed]}} if narrowed else status


def _outcome(reply: _Reply) -> dict[str, Any]:
    """FHIR R4, http.html#general; as `servicekit.fhir.outcome` has it."""
    issue = {
        "severity": "error",
        "code": _ISSUES.get(reply.status_sent or reply.status, "exception"),
        "details": {"coding": [{"system": "urn:openward:problem", "code": reply.code}], "text": reply.detail},
        "diagnostics": reply.detail,
    }
    text = json.dumps({"resourceType": "OperationOutcome", "issue": [issue]})
    return {"text_format_source": {"inline_string": text}, "content_type": "application/fhir+json"}


def _problem(reply: _Reply) -> dict[str, Any]:
    body = {
        "type": f"urn:openward:problem:{reply.code}",
        "title": reply.code.replace("-", " ").capitalize(),
        "status": "%RESPONSE_CODE%" if reply.and_above else reply.status_sent or reply.status,
        "detail": reply.detail,
        "code": reply.code,
        "request_id": "%REQ(X-REQUEST-ID)%",
    }
    return {"json_format": body, "content_type": "application/problem+json"}


def _header(name: str, value: str) -> dict[str, Any]:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
