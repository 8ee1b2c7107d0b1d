"""From words to the lists they are looked for in."""

from datetime import date
from typing import Any

import pytest
from patients.domain.errors import SearchTermInvalid, SearchTooShort
from patients.domain.findable import Findable, name_keys
from patients.domain.record import Gender, HumanName
from patients.domain.search import plan as search_plan
from patients.domain.search.asking import DayRange, Search, Term, Typos
from patients.domain.search.criteria import Criteria
from patients.domain.search.match import Begins, Exactly, OneOf
from patients.domain.search.places import Identified, Keyed, Listed, Named


def lists(**search: Any) -> list[Any]:
    plan = search_plan.plan(Criteria.of(Search(**search), None))
    return [*plan.typed, *plan.seldom]


def of(*names: tuple[str, str]) -> Findable:
    keys = frozenset(
        pair
        for family, given in names
        for pair in name_keys(HumanName(family=family, given=tuple(given.split())))
    )
    return Findable(keys, None, frozenset(), frozenset())


def test_one_word_is_a_family_or_a_given_name_and_whole_before_begun() -> None:
    assert lists(words="Smith") == [
        Named(Exactly("smith"), None),
        Named(None, Exactly("smith"), by="given"),
        Named(Begins("smith", longer=True), None),
        Named(None, Begins("smith", longer=True), by="given"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        *("anna schmidt", "schmidt anna", "ann schm", "SCHMIDT Änn"),
        *("anna maria schmidt", "maria schmidt anna", "anna maria", "maria"),
    ],
)
def test_words_in_any_order_find_the_name(words: str) -> None:
    nobody: Any = None

    assert any(list(place.places(nobody, of(("Schmidt", "Anna Maria")))) for place in lists(words=words))


@pytest.mark.parametrize(
    "words", ["van der berg jan", "jan van der berg", "van der berg", "berg jan", "der ber"]
)
def test_words_of_a_long_family_name_find_it(words: str) -> None:
    nobody: Any = None

    assert any(list(place.places(nobody, of(("van der Berg", "Jan")))) for place in lists(words=words))


@pytest.mark.parametrize("words", ["anna berg", "schmidt peter", "nna schmidt", "annas schmidt"])
def test_other_words_do_not(words: str) -> None:
    nobody: Any = None
    keys = of(("Schmidt", "Anna Maria"))

    places = lists(words=words)
    assert not any(list(place.places(nobody, keys)) for place in places)


def test_what_is_rarest_drives() -> None:
    every: dict[str, Any] = {
        "words": "smith",
        "phone": "+441514960000",
        "identifiers": ((None, "x 1"), ("urn:x:y", "7")),
        "birth": (),
    }

    assert lists(**every) == [Identified("urn:x:y", "7")]
    assert lists(**every | {"identifiers": ((None, "x 1"),)}) == [Identified(None, "X1")]
    assert lists(**every | {"identifiers": ()}) == [Keyed("phone", Exactly("+441514960000"))]
    assert isinstance(lists(**every | {"identifiers": (), "phone": None})[0], Named)
    assert isinstance(lists(**every, ids=(1,))[0], Listed)


def test_an_exact_name_is_not_looked_for_among_longer_ones() -> None:
    assert lists(family=(Term("Smith", exact=True),)) == [Named(Exactly("smith"), None)]


def test_typos_are_of_one_name_or_the_other_or_both() -> None:
    criteria = Criteria.of(Search(family=(Term("smyth"),), given=(Term("jon"),)), None)
    known = {("family", "smyth"): ("smith",), ("given", "jon"): ("joan", "john")}

    plan = search_plan.plan(criteria, known)

    assert plan.typos == (
        Named(OneOf(("smith",)), Begins("jon")),
        Named(Begins("smyth"), OneOf(("joan", "john")), by="given"),
        Named(OneOf(("smith",)), OneOf(("joan", "john"))),
    )
    assert [number for number, _ in plan.misspelt()] == [len(plan.typed) + each for each in range(3)]


def test_words_nobody_means_have_numbers_but_no_lists() -> None:
    criteria = Criteria.of(Search(family=(Term("smyth"),), given=(Term("jon"),)), None)

    plan = search_plan.plan(criteria, {("given", "jon"): ("john",)})

    assert [number - len(plan.typed) for number, _ in plan.misspelt()] == [1]


def test_short_words_and_exact_ones_have_no_typos() -> None:
    assert search_plan.unknown(Criteria.of(Search(words="li"), None)) == []
    assert search_plan.unknown(Criteria.of(Search(words="smith", typos=Typos.NO), None)) == []
    exact = Search(family=(Term("Smith", exact=True),))
    assert search_plan.unknown(Criteria.of(exact, None)) == []


@pytest.mark.parametrize(
    "search",
    [
        Search(),
        Search(words="s"),
        Search(words="-"),
        Search(family=(Term("s"),), gender=Gender.MALE),
        Search(city=Term("Leeds")),
        Search(identifiers=(("urn:x:y", None),)),
    ],
)
def test_a_search_that_could_mean_anybody_is_refused(search: Search) -> None:
    with pytest.raises(SearchTooShort):
        Criteria.of(search, None)


def test_a_day_of_birth_needs_something_beside_it() -> None:
    day = DayRange(date(1980, 2, 29), date(1980, 2, 29))
    year = DayRange(date(1980, 1, 1), date(1980, 12, 31))

    with pytest.raises(SearchTooShort):
        Criteria.of(Search(birth=(day,)), None)
    with pytest.raises(SearchTooShort):
        Criteria.of(Search(birth=(year,), gender=Gender.MALE), None)
    assert lists(birth=(day,), gender=Gender.MALE) == [Named(None, None)]


def test_what_is_no_telephone_number_is_said() -> None:
    with pytest.raises(SearchTermInvalid):
        Criteria.of(Search(phone="12"), None)
