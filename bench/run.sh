#!/usr/bin/env bash
# End-to-end figures of a release build: bench/run.sh [SECTION…], RESCIND_BUILD=build/release.
# Prints tables, writes build/bench/SECTION.json. Needs nginx and wrk for the gateway's section; for
# those of verify and redis, bench/peers/setup.sh installs what they measure us beside.
set -euo pipefail
cd "$(dirname "$0")/.."
exec env PYTHONDONTWRITEBYTECODE=1 python3 bench/run.py --build "${RESCIND_BUILD:-build/release}" "$@"
