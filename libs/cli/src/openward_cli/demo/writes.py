"""Were all acknowledged writes kept, once each? Judged by what a query finds afterwards."""

from collections import Counter
from collections.abc import Iterable, Mapping


def faults(acknowledged: Mapping[str, float], found: Iterable[tuple[str, float]]) -> list[str]:
    """One sentence for each version that is lost, there twice, not what was written, or known to nobody.

    Both say version uid and the value that was written or found.
    """
    rows = list(found)
    times = Counter(uid for uid, _ in rows)
    lost = [f"the acknowledged write {uid} is lost" for uid in acknowledged if uid not in times]
    double = [f"the write {uid} is there {count} times" for uid, count in times.items() if count > 1]
    unknown = [
        f"the composition {uid} is there, acknowledged to nobody" for uid in times.keys() - acknowledged
    ]
    changed = [
        f"the write {uid} was of {acknowledged[uid]:g} and holds {value:g}"
        for uid, value in rows
        if uid in acknowledged and acknowledged[uid] != value
    ]
    return lost + double + sorted(unknown) + changed
