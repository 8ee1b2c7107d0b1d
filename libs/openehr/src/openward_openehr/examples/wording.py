"""Free text that nobody takes for a record of a person, in the language of the template where we have it."""

from typing import Final

#: Evidently made up.
COMPOSER: Final = "Dr. Example Composer"
RELATIVE: Final = "Example Relative"
ORGANISATION: Final = "Example Hospital"
ISSUER: Final = "Example Registry"

_SENTENCES: Final = {
    "en": ("Nothing unusual seen.", "Unchanged since the last visit.", "To be repeated in a week."),
    "de": (
        "Nichts Auffälliges gesehen.",
        "Unverändert seit dem letzten Besuch.",
        "In einer Woche wiederholen.",
    ),
    "fr": ("Rien d'inhabituel.", "Inchangé depuis la dernière visite.", "À répéter dans une semaine."),
    "es": ("Sin hallazgos inusuales.", "Sin cambios desde la última visita.", "Repetir en una semana."),
    "ca": (
        "Sense troballes inusuals.",
        "Sense canvis des de l'última visita.",
        "Repetir d'aquí a una setmana.",
    ),
    "fi": ("Ei poikkeavaa.", "Ennallaan edellisen käynnin jälkeen.", "Toistetaan viikon kuluttua."),
    "ru": ("Без особенностей.", "Без изменений.", "Повторить через неделю."),
}
#: EHRbase 2.16 has openEHR's terms in these too, fails on them, and so refuses its own English ones.
_UNCHECKED: Final = frozenset({"es", "ja", "pt"})
#: Where most of those live who write in it (ISO 3166-1); a web template does not tell.
_TERRITORIES: Final = {
    "ar": "SY",
    "ca": "ES",
    "da": "DK",
    "de": "DE",
    "en": "GB",
    "es": "ES",
    "fi": "FI",
    "fr": "FR",
    "it": "IT",
    "ja": "JP",
    "nb": "NO",
    "nl": "NL",
    "no": "NO",
    "pt": "PT",
    "ru": "RU",
    "sl": "SI",
    "sv": "SE",
    "zh": "CN",
}


def written_in(language: str) -> str:
    """The language that the composition says it is in (ISO 639-1)."""
    return "en" if _primary(language) in _UNCHECKED else language


def sentences(language: str) -> tuple[str, ...]:
    return _SENTENCES.get(_primary(language), _SENTENCES["en"])


def territory(language: str) -> str:
    """`en-us` gives `US`, `de` gives `DE`."""
    region = language.partition("-")[2]
    return region.upper() if len(region) == len("US") else _TERRITORIES.get(_primary(language), "GB")


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()
