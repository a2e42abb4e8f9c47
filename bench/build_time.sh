#!/usr/bin/env bash
# How long a clean clone takes to build everything, without ccache, two compilers at a time. Run by
# hand: bench/build_time.sh [TARGET]. Writes build/bench/build_time.json, which bench/run.sh shows.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-all}
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone --quiet . "$clone/rescind"
mkdir -p build/bench
export CCACHE_DISABLE=1 TIMEFORMAT='%R %U %S'
times=$( { time (
  cmake --log-level=NOTICE -S "$clone/rescind" --preset release -B "$clone/build" &&
  cmake --build "$clone/build" -j 2 --target "$target"
) >"$clone/log" 2>&1; } 2>&1 ) || { tail -20 "$clone/log"; exit 1; }
read -r wall user system <<<"$times"
printf '{"what":"%s","wall_seconds":%s,"cpu_seconds":%s,"commit":"%s"}\n' "$target" "$wall" \
  "$(awk "BEGIN{print $user + $system}")" "$(git rev-parse --short HEAD)" |
  tee build/bench/build_time.json
