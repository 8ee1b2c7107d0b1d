#!/usr/bin/env bash
# Makes .venv with uv and the `openward` command in it; everything else is `openward setup`, which shows progress.
# Does nothing when the locked requirements have not changed.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
stamp=.venv/.openward-bootstrap
wanted=$(cat requirements/uv.txt requirements/cli.txt libs/cli/pyproject.toml | cksum)
[[ -f $stamp && $(<"$stamp") == "$wanted" ]] && exit 0

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "openward: Python 3.11 or newer is needed, $("$python" --version) is what '$python' is; set PYTHON=" >&2; exit 1; }
echo "openward: preparing .venv"
[[ -x .venv/bin/python ]] || "$python" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/cli.txt
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e libs/cli
printf '%s' "$wanted" >"$stamp"
