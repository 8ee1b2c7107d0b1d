"""What can go wrong with templates: rules and places, never what a document holds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openward_servicekit.errors import (
    Conflict,
    FieldError,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    Unavailable,
    Unsupported,
    UpstreamBroken,
)


class XmlExpected(Unsupported):
    slug = "xml-expected"

    def __init__(self) -> None:
        super().__init__("Send the template as application/xml or text/xml, in UTF-8.")


class TemplateMalformed(Invalid):
    """Not well-formed XML, or in another encoding; `line` and `column` count from 1."""

    slug = "template-malformed"

    def __init__(self, problem: str, line: int, column: int) -> None:
        place = f"line {line}, column {column}"
        error = FieldError("malformed", problem, path=place)
        super().__init__(f"The document cannot be read ({place}): {problem}.", errors=(error,))


class TemplateXmlForbidden(Invalid):
    """XML that makes its reader fetch, expand or run something."""

    slug = "template-xml-forbidden"

    def __init__(self, what: str) -> None:
        super().__init__(f"A template must not have {what}.")


class TemplateTooComplex(Invalid):
    slug = "template-too-complex"

    def __init__(self, what: str) -> None:
        super().__init__(f"The document has {what} than any template needs.")


class NotATemplate(Invalid):
    slug = "not-an-operational-template"

    def __init__(self, what: str) -> None:
        super().__init__(f"This is {what}, not an operational template in XML (OPT 1.4).")


class TemplateIncomplete(Invalid):
    """`path` is the element that is missing, or there twice, below the root."""

    slug = "template-incomplete"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__("The template is incomplete.", errors=(FieldError("element", problem, path=path),))


class TemplateIdInvalid(Invalid):
    slug = "template-id-invalid"

    def __init__(self, rule: str) -> None:
        error = FieldError("template-id", rule, path="template_id/value")
        super().__init__("The template id cannot be used.", errors=(error,))


class TemplateNotFound(NotFound):
    slug = "template-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such template.")


class TemplateExists(Conflict):
    slug = "template-exists"

    def __init__(self, said: str = "There is another template with this id.") -> None:
        super().__init__(said)


class TemplateHeldDifferently(Conflict):
    """EHRbase has had another template of this id since before."""

    slug = "template-held-differently"

    def __init__(self) -> None:
        super().__init__("The clinical data repository holds another template with this id.")


class TemplateRefused(Invalid):
    slug = "template-refused"


class VersionNotFound(NotFound):
    slug = "template-version-not-found"

    def __init__(self) -> None:
        super().__init__("This template has no such version.")


class VersionInvalid(Invalid):
    slug = "template-version-invalid"

    def __init__(self) -> None:
        error = FieldError("version", "must be three numbers, like 1.2.0 (semver.org)", path="version")
        super().__init__("The version cannot be used.", errors=(error,))


class VersionTooLow(Invalid):
    """`demanded` by what has changed since the published version."""

    slug = "template-version-too-low"

    def __init__(self, demanded: str) -> None:
        error = FieldError("version", f"must be {demanded} or higher", path="version")
        super().__init__(
            f"By what has changed, this is version {demanded} at least.",
            errors=(error,),
            extensions={"demanded": demanded},
        )


class VersionTaken(Conflict):
    """By other bytes; or the bytes are another version already."""

    slug = "template-version-taken"


class TemplateRetired(Conflict):
    slug = "template-retired"

    def __init__(self) -> None:
        super().__init__("This version was retired. Publish the template under another version.")


class VersionPublished(Conflict):
    """It never changes and stays on record: it can be retired."""

    slug = "template-published"

    def __init__(self) -> None:
        super().__init__("This version was published; it can be retired, not deleted.")


class VersionNotPublished(Conflict):
    slug = "template-version-not-published"

    def __init__(self) -> None:
        super().__init__("Only a published version can be retired.")


class TemplateInUse(Conflict):
    slug = "template-in-use"

    def __init__(self) -> None:
        super().__init__("There are compositions that were made with this template.")


class TemplateChangeBreaking(Conflict):
    """`changes`: as the difference of the two versions tells them, JSON values."""

    slug = "template-change-breaking"

    def __init__(self, changes: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(
            "Stored compositions could not be read by this version, and there are some."
            " Give the changed template an id of its own.",
            extensions={"changes": list(changes)},
        )


class TemplateLintFailed(Invalid):
    """`errors`: all findings, each with its place."""

    slug = "template-lint-failed"

    def __init__(self, why: str, errors: Sequence[FieldError]) -> None:
        super().__init__(why, errors=tuple(errors))


class OptUnreadable(Malformed):
    """Any of the above, as the openEHR API tells it."""

    slug = "opt-unreadable"


class TemplateNotPublished(Conflict):
    """Nothing can be derived from it: it is being registered, or was refused."""

    slug = "template-not-published"

    def __init__(self) -> None:
        super().__init__("The clinical data repository does not have this template (yet).")


class ExampleImpossible(Conflict):
    slug = "example-impossible"

    def __init__(self) -> None:
        super().__init__("There are examples of templates for compositions only.")


class TemplateNotCompiled(Conflict):
    """EHRbase has taken what we cannot read; `why` is a rule, and a place in the template."""

    slug = "template-not-compiled"

    def __init__(self, why: str) -> None:
        super().__init__(f"Nothing can be derived from this template: {why}")


class LanguageUnknown(Invalid):
    slug = "language-unknown"

    def __init__(self, languages: Sequence[str]) -> None:
        error = FieldError("language", f"is one of {', '.join(languages)}", path="language")
        super().__init__("The template is not written in this language.", errors=(error,))


class CompositionFormatUnknown(Unsupported):
    slug = "composition-format-unknown"

    def __init__(self, media_types: Iterable[str]) -> None:
        super().__init__(f"Send a composition as {', '.join(media_types)}.")


class CompositionExpected(Malformed):
    slug = "composition-expected"

    def __init__(self) -> None:
        super().__init__("A composition is a JSON object.")


class CompositionTooLarge(TooLarge):
    """Of more than `most` bytes."""

    slug = "composition-too-large"

    def __init__(self, most: int) -> None:
        super().__init__(f"At most {most} bytes.")


class TemplateBusy(Unavailable):
    """Another request works on the same template."""

    slug = "template-busy"

    def __init__(self) -> None:
        super().__init__("This template is being registered; send the same again.", retry_after=2)


class CatalogueBusy(Unavailable):
    slug = "templates-busy"

    def __init__(self) -> None:
        super().__init__("The templates cannot be reached at the moment.", retry_after=1)


class CdrError(UpstreamBroken):
    """EHRbase answered with an error that is not the caller's."""

    slug = "cdr-error"

    def __init__(self, status: int) -> None:
        super().__init__(f"The clinical data repository failed with status {status}.")


class CursorInvalid(Invalid):
    slug = "cursor-invalid"

    def __init__(self) -> None:
        error = FieldError("cursor", "is not one of this list, or too old", path="cursor")
        super().__init__("Begin again with the first page.", errors=(error,))
