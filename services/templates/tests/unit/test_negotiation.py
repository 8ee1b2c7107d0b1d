import pytest
from openward_servicekit.errors import NotAcceptable
from templates.api.negotiation import languages, preferred

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


@pytest.mark.parametrize(
    ("accept_language", "wanted"),
    [
        (None, ()),
        ("", ()),
        ("*", ()),
        ("de", ("de",)),
        ("en;q=0.5, de-AT, fr;q=0, *;q=0.1", ("de-at", "en")),
        ("de;q=x", ()),
    ],
)
def test_languages_come_in_the_order_in_which_they_are_wanted(
    accept_language: str | None, wanted: tuple[str, ...]
) -> None:
    assert languages(accept_language) == wanted
