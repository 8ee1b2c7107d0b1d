"""What can go wrong with query products."""

from collections.abc import Sequence
from dataclasses import asdict

from openward_servicekit.errors import Conflict, FieldError, Invalid, NotFound

from clinical.domain.query_product.model import Finding


class QueryProductNotFound(NotFound):
    slug = "query-product-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such query product, or no such version of it.")


class QueryProductRefused(Invalid):
    """Lint's problems, all at once; `findings` have line and column where they are about the text."""

    slug = "query-product-refused"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            "The query product breaks rules that it would break later, in use.",
            errors=[FieldError(each.code, each.detail, each.pointer) for each in findings],
            extensions={"findings": [told(each) for each in findings]},
        )


class QueryProductVersionExists(Conflict):
    slug = "query-product-version-exists"

    def __init__(self) -> None:
        super().__init__("This version is published with another definition: store a new version.")


class QueryProductNameTaken(Conflict):
    """EHRbase has a stored query of that name and version, with another text."""

    slug = "query-product-name-taken"

    def __init__(self) -> None:
        super().__init__("There is a stored query of this name and version with another text.")


class QueryProductStoredElsewhere(Conflict):
    """The definition API of openEHR is asked to store what would not be the product that bears the name."""

    slug = "query-product-exists"

    def __init__(self) -> None:
        super().__init__("This is the name of a query product: its versions are stored with its definition.")


class QueryProductRetired(Conflict):
    slug = "query-product-retired"

    def __init__(self) -> None:
        super().__init__("This version of the query product is retired: use a later one.")


class QueryProductTemplateRetired(Conflict):
    """What it asks for is not recorded any more: its template is retired, or EHRbase has it no more."""

    slug = "query-product-template-retired"

    def __init__(self, templates: Sequence[str]) -> None:
        super().__init__(
            "A template that the query product needs is retired or gone.",
            errors=[
                FieldError("template-retired", f"Template {each} is not offered.", path=each)
                for each in templates
            ],
            extensions={"templates": list(templates)},
        )


class QueryProductReachWrong(Invalid):
    slug = "query-product-scope"

    def __init__(self, instead: str) -> None:
        super().__init__(f"The query product runs over {instead}.")


class ParametersInvalid(Invalid):
    """Every parameter that is wrong, missing or unknown, at once."""

    slug = "query-product-parameters"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("The parameters are not those of the query product.", errors=errors)


def told(finding: Finding) -> dict[str, object]:
    """As members of JSON."""
    severity = {"severity": "warning" if finding.warning else "error"}
    members = {name: value for name, value in asdict(finding).items() if name != "warning"}
    return severity | {name: value for name, value in members.items() if value is not None}
