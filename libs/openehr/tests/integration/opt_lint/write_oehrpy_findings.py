"""Writes `oehrpy_findings.json`: what the OPT validator of oehrpy says of each template of the corpus.

Run by hand, with the Python of an environment that has what requirements/stock-clients.txt names:

    .run/.stock-clients/python/bin/python write_oehrpy_findings.py FOLDER_OF_OPTS
"""

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from oehrpy.validation.opt import OPTValidator, flat_impact

Findings = dict[str, dict[str, int]]


def findings(opt: Path) -> Findings:
    """By kind: the code, archetype or type that each is about, how often."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for issue in OPTValidator().validate_file(opt).issues:
        about = issue.node_id or issue.archetype_id
        if issue.code == "INVALID_RM_TYPE":
            about = re.findall(r"'([^']*)'", issue.message)[0].strip()
        found[issue.code][about or ""] += 1
    return {kind: dict(sorted(times.items())) for kind, times in sorted(found.items())}


if __name__ == "__main__":
    # It visits each level twice for each level above: no end in sight at the depth of real templates. Of
    # children in `children`, which are all of them, it looks at none, so that it can find nothing.
    flat_impact.detect_flat_path_collisions = lambda *_: []
    everything = {opt.stem: findings(opt) for opt in sorted(Path(sys.argv[1]).glob("*.opt"))}
    written = ",\n".join(f"{json.dumps(name)}: {json.dumps(found)}" for name, found in everything.items())
    Path(__file__).with_name("oehrpy_findings.json").write_text(f"{{\n{written}\n}}\n", encoding="utf-8")
