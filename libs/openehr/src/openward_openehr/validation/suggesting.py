"""Which path of the template was meant by one that it does not have."""

from difflib import get_close_matches
from typing import Final

from openward_openehr.simplified import FlatPath, Segment
from openward_openehr.validation.compiled import CompiledTemplate
from openward_openehr.validation.spot import Spot

_SUGGESTIONS: Final = 3
#: Longer is no slip of the keyboard, and comparing takes the time of its square.
_LONGEST: Final = 80


def closest(compiled: CompiledTemplate, path: FlatPath) -> tuple[str, ...]:
    """Up to three, closest first: names like the wrong one beside it, and the same name elsewhere."""
    spot, known = _last_known(compiled, path)
    if known == len(path.segments):
        return _suffixes(spot, path)
    wrong = path.segments[known]
    near = _near(wrong.name, [*spot.children, *spot.shape.attributes], 0.6)
    beside = (_with(path, known, name) for name in near)
    elsewhere = compiled.by_name.get(path.names[-1], ())
    below = (each for each in elsewhere if each.startswith(f"{spot.path}/"))
    found = dict.fromkeys((*beside, *below, *elsewhere))
    return tuple(found)[:_SUGGESTIONS]


def _last_known(compiled: CompiledTemplate, path: FlatPath) -> tuple[Spot, int]:
    """The deepest place on the way, and how many segments lead to it."""
    spot, known = compiled.root, int(path.names[0] == compiled.root.name)
    while 0 < known < len(path.segments) and (found := spot.child(path.names[known])):
        spot, known = found, known + 1
    return spot, known


def _near(name: str, names: list[str], cutoff: float) -> list[str]:
    return get_close_matches(name, names, _SUGGESTIONS, cutoff) if len(name) <= _LONGEST else []


def _with(path: FlatPath, place: int, name: str) -> str:
    segments = list(path.segments)
    segments[place] = Segment(name, segments[place].index)
    return str(FlatPath(tuple(segments), path.suffix))


def _suffixes(spot: Spot, path: FlatPath) -> tuple[str, ...]:
    """The place is there, but not with this suffix."""
    taken = [suffix for suffix in spot.shape.suffixes if suffix is not None]
    near = _near(path.suffix or "", taken, 0.4) or taken[:_SUGGESTIONS]
    place = str(FlatPath(path.segments))
    own = (place,) if None in spot.shape.suffixes else ()
    below = tuple(f"{place}/{name}" for name in spot.children)
    return (*(f"{place}|{suffix}" for suffix in near), *own, *below)[:_SUGGESTIONS]
