import pytest
from openward_servicekit.errors import NotAcceptable
from templates.api.negotiation import preferred

JSON, XML, FLAT = "application/json", "application/xml", "application/openehr.wt.flat+json"
OFFERS = (JSON, XML, FLAT)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/xml", XML),
        ("APPLICATION/XML; charset=utf-8", XML),
        ("application/xml, application/json", JSON),
        ("application/json;q=0.5, application/xml", XML),
        ("text/html, application/xml;q=0.9, */*;q=0.8", XML),
        ("*/*;q=0.1, application/openehr.wt.flat+json;q=0.2", FLAT),
        ("application/json;q=0, */*", XML),
        ("application/json;q=nonsense, application/xml;q=0.1", XML),
    ],
)
def test_the_client_chooses(accept: str | None, wanted: str) -> None:
    assert preferred(accept, OFFERS) == wanted


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "nonsense", ",;,", "text/*"])
def test_what_is_not_there_cannot_be_had(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        preferred(accept, (JSON,))
