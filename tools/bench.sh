#!/usr/bin/env bash
# Micro-benchmarks of a build, then the end-to-end ones: tools/bench.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
for program in "$build"/bench/*_bench; do
  [ -x "$program" ] || continue
  echo "== ${program##*/}"
  "$program" --benchmark_min_time="${BENCH_SECONDS:-0.2}" --benchmark_counters_tabular=true
done
if [ -x bench/run.sh ]; then bench/run.sh; fi
