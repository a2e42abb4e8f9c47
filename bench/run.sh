#!/usr/bin/env bash
# End-to-end figures of a release build: bench/run.sh [SECTION…], RESCIND_BUILD=build/release.
# Prints tables, writes build/bench/SECTION.json. Needs nginx and wrk for the gateway's section.
set -euo pipefail
cd "$(dirname "$0")/.."
exec env PYTHONDONTWRITEBYTECODE=1 python3 bench/run.py --build "${RESCIND_BUILD:-build/release}" "$@"
