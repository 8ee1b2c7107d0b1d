"""How errors are told: more than EHRbase says, never what only its operator should see."""

from typing import Final

from openward_testkit.differential.comparison import ABSENT, Difference, Exchange
from openward_testkit.differential.rules import Rule, statuses

#: Members of a problem (RFC 9457) that EHRbase's errors do not have.
_PROBLEM: Final = {
    f"body /{name}"
    for name in (
        *("type", "title", "status", "detail", "instance", "code", "request_id"),
        *("errors", "problems", "line", "column"),
    )
}
_PROBLEM_JSON: Final = "application/problem+json"
_MESSAGE: Final = "body /message"
#: Of messages that are written by Java's libraries.
_JAVA: Final = (
    *("com.nedap", "com.fasterxml", "java.", "org.ehrbase", "org.springframework"),
    *("StreamReadFeature", "unknown-source", "(code "),
)
_OUR_READING: Final = (
    "The body is not acceptable",
    "A JSON object is expected.",
    "The template is not named",
    "All paths must begin",
    "The composition does not fit its template.",
    "A list is expected.",
    "Only original versions",
    "Malformed request",
    "Message at /versions",
    "The root element",
    "The document cannot be read",
    "This is another kind of document",
    "The template is incomplete.",
    "The query cannot be read",
)


def _both_fail(difference: Difference) -> bool:
    return min(statuses(difference.exchange)) >= 400


def _same_failure(difference: Difference) -> bool:
    theirs, ours = statuses(difference.exchange)
    return theirs == ours >= 400


def _problem(difference: Difference) -> bool:
    if not _both_fail(difference):
        return False
    if difference.place == "header content-type":
        return difference.ours == _PROBLEM_JSON and difference.theirs is not ABSENT
    return difference.theirs is ABSENT and difference.place in _PROBLEM


def _wordless(difference: Difference) -> bool:
    """EHRbase says nothing, or what the framework below it says by itself."""
    place = difference.place
    if place in {"body /timestamp", "body /path"}:
        return _same_failure(difference) and difference.ours is ABSENT
    named = place in {"body", "header content-type", _MESSAGE}
    return named and difference.theirs is ABSENT and _same_failure(difference)


def _in_xml(exchange: Exchange) -> bool:
    theirs, ours = exchange.theirs, exchange.ours
    return (
        theirs.status == ours.status >= 400
        and "xml" in theirs.headers.get("content-type", "")
        and ours.headers.get("content-type") == _PROBLEM_JSON
    )


def _unread(difference: Difference) -> bool:
    if difference.place != _MESSAGE or not _same_failure(difference) or _any_order(difference):
        return False
    theirs, ours = str(difference.theirs), str(difference.ours)
    return ours.startswith(_OUR_READING) or (
        any(word in theirs for word in _JAVA) and not _unknown_path(difference)
    )


def _unknown_path(difference: Difference) -> bool:
    """Some do not even reach a service."""
    words = difference.exchange.theirs.text
    return difference.place in {_MESSAGE, "body /error"} and "No resource found" in words


def _unrepeated(difference: Difference) -> bool:
    """The same text, but for a value of the request."""
    theirs, ours = str(difference.theirs), str(difference.ours)
    return difference.place == _MESSAGE and _both_fail(difference) and theirs.startswith(ours)


def _looked_up(difference: Difference) -> bool:
    exchange = difference.exchange
    named = difference.place == _MESSAGE and "/contribution" in exchange.ask.path
    return named and "No COMPOSITION" in str(difference.theirs)


def _any_order(difference: Difference) -> bool:
    known = "Could not consume Parts ["
    return str(difference.theirs).startswith(known) and str(difference.ours).startswith(known)


def _method(difference: Difference) -> bool:
    return difference.place == _MESSAGE and difference.ours == "Method not allowed"


ERRORS: Final[tuple[Rule, ...]] = (
    Rule(
        "problem-json",
        "errors",
        "`application/json`: `error`, `message`",
        "`application/problem+json` (RFC 9457): these two with the same text, and `type`, `title`, `status`, "
        "`detail`, `code`, `errors`, `instance`, `request_id`; `problems` of a composition that does not fit",
        "A code that does not change, and an id to ask about, without parsing sentences.",
        _problem,
    ),
    Rule(
        "error-has-a-body",
        "errors about which EHRbase is silent: most 406, 415, some 404",
        "no body, or the framework's own (`timestamp`, `path`)",
        "a problem, as everywhere",
        "A client can rely on one shape.",
        _wordless,
    ),
    Rule(
        "errors-are-json",
        "errors, with `Accept: application/xml`",
        "`<HashMap><error>…</error><message>…</message></HashMap>`",
        "a problem in JSON, same status",
        "RFC 9457; the XML is of no schema.",
        whole=_in_xml,
    ),
    Rule(
        "read-here-first",
        "bodies that are not JSON or XML, or name no template",
        "the words of its parsers, with Java's classes",
        "same status, own words: where, and what is expected",
        "The template decides who may write, so a body is read before EHRbase sees it; "
        "and its stack is nobody's business.",
        _unread,
    ),
    Rule(
        "nothing-repeated",
        "400 for a parameter",
        "`message` ends with what was sent",
        "the same text without it",
        "An identifier of a person has no place in an error.",
        _unrepeated,
    ),
    Rule(
        "looked-up-here",
        "contributions that change what is not there",
        "`message` repeats the id",
        "404, own words",
        "Whose composition it is decides who may change it.",
        _looked_up,
    ),
    Rule(
        "parts-in-any-order",
        "simplified formats, `Could not consume Parts […]`",
        "in the order of a hash table",
        "in another",
        "EHRbase's own order changes with every path that is added.",
        _any_order,
    ),
    Rule(
        "refused-paths",
        "paths that are in no table",
        "`message` repeats the path",
        "404 `Not found`",
        "Refused here, never forwarded.",
        _unknown_path,
    ),
    Rule(
        "refused-methods",
        "405 below `definition`",
        "`message` names the method",
        "`Method not allowed`",
        "Said by `status` and `Allow` already.",
        _method,
    ),
)
