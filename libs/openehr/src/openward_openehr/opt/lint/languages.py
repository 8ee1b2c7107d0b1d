"""Language tags. Source: BCP 47 for their form, ISO 639-1 for the languages."""

import re
from typing import Final

_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_ISO_639_1: Final = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv
dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie
ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv
mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm
rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr
ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_LANGUAGES: Final = frozenset(_ISO_639_1.split())


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def is_known(tag: str) -> bool:
    """Languages of three letters are taken as known: ISO 639-3 has thousands of them."""
    language = re.split("[-_]", tag.lower())[0]
    return len(language) == 3 or language in _LANGUAGES
