#!/usr/bin/env bash
# Makes .venv with uv and the `openward` command in it; everything else is `openward setup`, which shows progress.
# Does nothing when the locked requirements have not changed and the clone has not been moved.
set -euo pipefail
cd "$(dirname "$0")/../.."
stamp=.venv/.openward-bootstrap
wanted=$(cat requirements/uv.txt requirements/cli.txt libs/cli/pyproject.toml | cksum)
home=$(pwd -P)
[[ -f $stamp && $(<"$stamp") == "$wanted $home" ]] && exit 0

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
# Can make a virtual environment, and was compiled with optimization by profile: every distribution does so (not all of
# them say it), tools that compile on the spot often do not, and then a service answers a seventh fewer requests.
fast() {
    "$1" -c 'import ensurepip, sys, sysconfig
told = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
sys.exit(not told and sys.base_prefix != "/usr")' 2>/dev/null
}
python=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3}; do
    usable "$candidate" || continue
    python=${python:-$candidate}
    if fast "$candidate"; then python=$candidate && break; fi
done
[[ -n $python ]] || {
    echo "openward: Python 3.11 or newer is needed: install it (apt install python3 python3-venv, brew install python)" \
        "and, where it is not found, name it: make PYTHON=/path/to/python3" >&2
    exit 1
}
echo "openward: preparing .venv"
# A virtual environment does not survive a move: its programs begin with its old path.
if [[ -f $stamp && $(<"$stamp") != *" $home" ]]; then rm -rf .venv; fi
[[ -x .venv/bin/python ]] || "$python" -m venv .venv || {
    echo "openward: $python cannot make a virtual environment: apt install python3-venv" >&2
    exit 1
}
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/cli.txt
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e libs/cli
printf '%s' "$wanted $home" >"$stamp"
