"""What can go wrong with templates: rules and places, never what a document holds."""

from openward_servicekit.errors import (
    Conflict,
    FieldError,
    Invalid,
    Malformed,
    NotFound,
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
