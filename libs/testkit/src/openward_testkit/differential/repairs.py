"""What is repaired: HTTP and ITS-REST as they are written, where EHRbase has them otherwise."""

from typing import Final

from openward_testkit.differential.comparison import ABSENT, Difference, Exchange
from openward_testkit.differential.rules import Rule, header, statuses, succeeds_here

#: Names of 1.1, and the common one of XML.
_NEWER: Final = ("text/xml", "application/openehr.wt.flat+json", "application/openehr.wt.structured+json")


def _quoted(exchange: Exchange) -> bool:
    return header(exchange, "If-Match").startswith(('"', 'W/"')) and succeeds_here(exchange, 400, 409, 412)


def _newer_name(exchange: Exchange) -> bool:
    said = f"{header(exchange, 'Accept')} {header(exchange, 'Content-Type')}"
    return any(name in said for name in _NEWER) and succeeds_here(exchange, 406, 415)


def _of_tags(difference: Difference) -> bool:
    place = str(difference.theirs).replace("/item_tag", "/tags")
    return difference.place == "header location" and place == difference.ours


def _modified(difference: Difference) -> bool:
    invented = "1970" in difference.exchange.theirs.headers.get("last-modified", "1970")
    return difference.place == "header last-modified" and (invented or difference.ours is ABSENT)


def _lost(difference: Difference) -> bool:
    named = difference.place in {"header etag", "header location"}
    return named and difference.theirs is ABSENT and difference.exchange.ours.status in {409, 412}


def _of_versions(difference: Difference) -> bool:
    path, place = difference.exchange.ask.path, difference.place
    return "/versioned_" in path and place == "header etag" and difference.theirs is ABSENT


def _deletion(difference: Difference) -> bool:
    exchange = difference.exchange
    return (
        exchange.ask.method == "DELETE"
        and statuses(exchange) == (204, 204)
        and difference.place in {"header etag", "header location"}
    )


def _of_template(difference: Difference) -> bool:
    return difference.place == "header etag" and "/definition/template" in difference.exchange.ask.path


def _again(exchange: Exchange) -> bool:
    ask = exchange.ask
    return ask.method == "POST" and "/definition/template/" in ask.path and statuses(exchange) == (201, 409)


REPAIRS: Final[tuple[Rule, ...]] = (
    Rule(
        "empty-time",
        "`version_at_time=` without a time, of an EHR_STATUS",
        "500",
        "the latest",
        "Libraries write a parameter that is not set so; of a composition EHRbase takes it.",
        whole=lambda e: e.ask.ask.endswith("version_at_time=") and succeeds_here(e, 500),
    ),
    Rule(
        "if-match",
        "`If-Match` as HTTP has it: quoted, or weak",
        "400 `UUID string too large`",
        "done, as with a bare one",
        "An ETag can be sent back as it came.",
        whole=_quoted,
    ),
    Rule(
        "newer-media-types",
        "`application/openehr.wt.flat+json`, `…structured+json` (ITS-REST 1.1) and `text/xml`, "
        "sent or wanted; `openehr-template-id`",
        "406, 415",
        "as the older names",
        "ITS-REST 1.1.",
        whole=_newer_name,
    ),
    Rule(
        "format-names",
        "`?format=`: `XML` without `Accept`, `CANONICAL`, lower case; JSON whatever Accept says",
        "406",
        "shown or taken in that format",
        "`format` goes before the headers, for every format.",
        whole=lambda e: "format=" in e.ask.path and succeeds_here(e, 406) and not _newer_name(e),
    ),
    Rule(
        "accept",
        "`Accept: application/*`, `application/xml;q=0`",
        "XML",
        "JSON; 406",
        "JSON is the format of ITS-REST; what a client refuses it does not get (RFC 9110, 12.4.2).",
        whole=lambda e: header(e, "Accept") in {"application/*", "application/xml;q=0"},
    ),
    Rule(
        "prefer-identifier",
        "`Prefer: return=identifier`",
        "ignored",
        "200 or 201 with the uid, `Preference-Applied`",
        "ITS-REST 1.1.",
        whole=lambda e: header(e, "Prefer") == "return=identifier",
    ),
    Rule(
        "prefer-several",
        "`Prefer` with parameters or several preferences",
        "ignored",
        "the one that is known holds",
        "RFC 7240.",
        whole=lambda e: ";" in header(e, "Prefer"),
    ),
    Rule(
        "preference-applied",
        "answers that follow `Prefer: return=representation`",
        "—",
        "`Preference-Applied`",
        "RFC 7240: the client knows that it was heard.",
        lambda d: d.place == "header preference-applied" and d.theirs is ABSENT,
    ),
    Rule(
        "last-modified",
        "every answer that shows something",
        "a constant of 1970, the time of reading, or nothing",
        "when the version was committed, or nothing",
        "Caches and clients may believe it.",
        _modified,
    ),
    Rule(
        "location-of-tags",
        "tags: `Location`",
        "`…/item_tag` below a base where EHRbase has none",
        "where the tags were sent to",
        "ITS-REST 1.1; what is named can be read.",
        _of_tags,
    ),
    Rule(
        "current-version",
        "412, and 409 of a deletion: what the client knows is outdated",
        "—",
        "`ETag` and `Location` of the latest version",
        "ITS-REST; the client can go on from there.",
        _lost,
    ),
    Rule(
        "etag-of-a-version",
        "`versioned_…/version`",
        "no `ETag`",
        "`ETag` with the version's uid",
        "What is shown can be named in `If-Match`.",
        _of_versions,
    ),
    Rule(
        "etag-of-a-deletion",
        "`DELETE` of a composition or directory",
        "`ETag` and `Location` of the version before",
        "those of the version that says it is deleted",
        "ITS-REST.",
        _deletion,
    ),
    Rule(
        "etag-of-a-template",
        "`definition/template`, read",
        "the template's id, or nothing",
        "the SHA-256 of what is sent",
        "An ETag changes when the content does: `If-None-Match` works.",
        _of_template,
    ),
    Rule(
        "taken-template-ids",
        "`POST definition/template/adl1.4` of an id that is there",
        "201, as it is told here: `templates` replaces by that what may be (ADR 28)",
        "409, which EHRbase answers by itself",
        "A template is not replaced by chance. Another version goes to `/api/templates/v1/templates`.",
        whole=_again,
    ),
    Rule(
        "made-up-content",
        "`definition/template/adl1.4/{id}/example`",
        "some values, `Lorem ipsum`, a structure that may lack what it demands",
        "others; every one is accepted by EHRbase",
        "An example is there to be written.",
        whole=lambda e: e.ask.path.partition("?")[0].endswith("/example") and statuses(e) == (200, 200),
    ),
    Rule(
        "template-deleted",
        "`DELETE definition/template/adl1.4/{id}`",
        "405",
        "204 where nothing uses it, else 409; 403 without the right to",
        "What nothing uses can go.",
        whole=lambda e: e.ask.method == "DELETE" and "/definition/template/" in e.ask.path,
    ),
    Rule(
        "method-allow",
        "405",
        "no `Allow`",
        "`Allow`",
        "RFC 9110 demands it.",
        lambda d: d.place == "header allow" and d.theirs is ABSENT,
    ),
    Rule(
        "describes-itself",
        "`OPTIONS` of the base",
        "404",
        "what of ITS-REST there is",
        "ITS-REST, System API.",
        whole=lambda e: e.ask.method == "OPTIONS" and succeeds_here(e, 404),
    ),
    Rule(
        "stored-by-address",
        "`GET /query/{name}` with the query's own parameters",
        "400: they are not read",
        "200",
        "ITS-REST.",
        whole=lambda e: e.ask.path.startswith("/query/org.") and succeeds_here(e, 400),
    ),
    Rule(
        "nothing-has-no-type",
        "answers without body",
        "a `Content-Type` all the same, of an upload",
        "—",
        "There is no content.",
        lambda d: d.place == "header content-type" and d.ours is ABSENT and not d.exchange.ours.text,
    ),
)
