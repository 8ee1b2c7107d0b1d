"""The benchmarks are no installed package: their tests find them from the top of the repository."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
