#!/usr/bin/env bash
# Compiles requirements/*.txt from the pyproject files (`make lock`). No download address is written, so that the
# files hold behind any mirror; the workspace's own members are left out, they are installed from the clone.
set -euo pipefail
cd "$(dirname "$0")/../.."
uv=${UV:-.venv/bin/uv}
libs=(contracts openehr servicekit)
services=(patients clinical templates audit)

compile() { # compile OUT ARGS...
    local out=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
        --no-emit-package openward-contracts --no-emit-package openward-openehr --no-emit-package openward-servicekit \
        --no-emit-package openward-testkit --no-emit-package openward-cli "$@" --output-file "requirements/$out.txt"
}

members=()
for lib in "${libs[@]}" testkit cli; do members+=("libs/$lib/pyproject.toml"); done
for service in "${services[@]}"; do members+=("services/$service/pyproject.toml"); done

compile dev --all-extras --group pyproject.toml:dev "${members[@]}"
compile uv --constraint requirements/dev.txt infra/local/uv.in
compile cli --constraint requirements/dev.txt libs/cli/pyproject.toml
for service in "${services[@]}"; do
    compile "$service" --constraint requirements/dev.txt "services/$service/pyproject.toml"
done
compile bench --no-deps requirements/bench.in
compile bench-clinical --no-deps requirements/bench-clinical.in
compile stock-clients requirements/stock-clients.in
