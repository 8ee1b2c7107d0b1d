"""The table of what differs from EHRbase. A rule that explains nothing any more fails the test."""

from typing import Final

from openward_testkit.differential.comparison import ABSENT, Difference, Exchange
from openward_testkit.differential.errors import ERRORS
from openward_testkit.differential.repairs import REPAIRS
from openward_testkit.differential.rules import Rule, header, scenario, statuses, succeeds_here


def _fewer(difference: Difference) -> bool:
    """What is shown is as EHRbase shows it, but for the moment at which either has stored it."""
    theirs, ours = difference.theirs, difference.ours
    if not (difference.exchange.ask.path.startswith("/definition/") and difference.place == "body"):
        return False
    if not (isinstance(theirs, list) and isinstance(ours, list)):
        return False
    listed = [{**entry, "created_timestamp": ""} for entry in theirs]
    return all({**entry, "created_timestamp": ""} in listed for entry in ours)


def _told_why(exchange: Exchange) -> bool:
    theirs, ours = statuses(exchange)
    return theirs in {500, 501} and 400 <= ours < 500 and ours != 403


SAFETY: Final[tuple[Rule, ...]] = (
    Rule(
        "committer",
        "audits: `revision_history`, versions, contributions",
        "EHRbase's login, or what the client claims",
        "who was signed in",
        "Attribution is by the token.",
        lambda d: "/committer" in d.place,
    ),
    Rule(
        "other-system",
        "version uids that name another system, or lack their number",
        "taken for the local one",
        "404; 412 or 409 for a change",
        "A version of elsewhere is not that of here.",
        whole=scenario("of another system"),
    ),
    Rule(
        "done-again",
        "the very same change, by the same person, once more",
        "412, or 404 after a deletion",
        "the first answer again",
        "A client whose answer was lost repeats, and learns that it was done.",
        whole=lambda e: scenario("done again")(e) and succeeds_here(e, 404, 412),
    ),
    Rule(
        "path-by-version",
        "`PUT /composition/{uid}` with a version uid in the path",
        "404",
        "done, if `If-Match` names a version of it",
        "`Location` and `ETag` of any answer can be written to.",
        whole=scenario("named in the path as a version"),
    ),
    Rule(
        "uids-are-given",
        "`uid` in what is written",
        "must be one that it understands",
        "replaced",
        "The uid is chosen here, so that an unknown outcome can be asked about.",
        whole=lambda e: "/uid" in e.ask.edit and e.theirs.status >= 400 and statuses(e) != (400, 400),
    ),
    Rule(
        "audit-is-given",
        "contributions without audit or committer",
        "400, 500",
        "done",
        "Who commits is known by the token.",
        whole=lambda e: (
            bool({"/audit", "/audit/committer"} & e.ask.edit.keys()) and succeeds_here(e, 400, 500)
        ),
    ),
    Rule(
        "listed",
        "lists of templates and of stored queries",
        "all that it holds",
        "those that were published here and that the caller may read, by id",
        "Names are told to who may use them.",
        _fewer,
    ),
    Rule(
        "tags-of-nothing",
        "tags of a composition that is not there",
        "200 `[]`",
        "404",
        "Tags are judged by the composition's template.",
        whole=lambda e: "/tags" in e.ask.path and statuses(e) == (200, 404),
    ),
    Rule(
        "tag-of-an-encounter",
        "`PUT`, `DELETE` of a composition's tag `encounter` without a `target_path`",
        "200, 204",
        "409 `encounter-tag-reserved`",
        "It says in which encounter of ours it was written, and is changed there (ADR 38).",
        whole=lambda e: "/tags" in e.ask.path and statuses(e) == (200, 409),
    ),
    Rule(
        "unbound-aql",
        "AQL of which cannot be shown what it reads",
        "400, or rows of all EHRs",
        "403, with `line` and `column`",
        "Nothing may be read unseen.",
        whole=lambda e: e.ask.path == "/query/aql" and e.ours.status == 403,
    ),
    Rule(
        "executed-aql",
        "AQL, `meta`",
        "`_executed_aql`",
        "—",
        "What is executed holds the conditions of the caller's rights, which may name other records.",
        lambda d: d.place == "body /meta/_executed_aql" and d.ours is ABSENT,
    ),
    Rule(
        "aql-in-json",
        "AQL, `Accept: application/xml`",
        "an XML of no schema",
        "406",
        "ITS-REST has result sets in JSON; rows are counted for the access record before they leave.",
        whole=lambda e: "/query/" in e.ask.path and "xml" in header(e, "Accept") and e.ours.status == 406,
    ),
    Rule(
        "links-of-its-own",
        "`…/webtemplate`",
        "`Link` to its Swagger pages",
        "—",
        "They are not served.",
        lambda d: d.place == "header link" and d.ours is ABSENT,
    ),
    Rule(
        "administration",
        "`rest/admin`, `rest/status`, `management` and whatever else EHRbase serves",
        "403, or what it is",
        "404",
        "Never reachable.",
        whole=lambda e: e.ask.path.startswith("root:/ehrbase/") and e.ours.status == 404,
    ),
    Rule(
        "signed-in",
        "requests without a valid token",
        "its one login",
        "401 with `WWW-Authenticate: Bearer`",
        "Everybody has a token of their own.",
        whole=scenario("not signed in"),
    ),
)

FAILURES: Final[tuple[Rule, ...]] = (
    Rule(
        "cdr-error",
        "what EHRbase fails at",
        "500",
        "502, code `cdr-error`",
        "It is told whose failure it is.",
        whole=lambda e: statuses(e) == (500, 502),
    ),
    Rule(
        "better-than-500",
        "what EHRbase fails at (500) or has not (501), and the client can mend",
        "500, 501",
        "400, 404, 406 or 422, and why",
        "A client's fault is told as one.",
        whole=_told_why,
    ),
)

#: By headings of the page.
PARTS: Final = {
    "Repairs": REPAIRS,
    "Errors": ERRORS,
    "Rights, attribution and safety": SAFETY,
    "Where EHRbase fails": FAILURES,
}
TABLE: Final[tuple[Rule, ...]] = tuple(rule for part in PARTS.values() for rule in part)
