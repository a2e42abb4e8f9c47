#!/usr/bin/env bash
# Micro-benchmarks of a build, then the end-to-end ones: tools/bench.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
for program in "$build"/bench/*_bench; do
  [ -x "$program" ] || continue
  name=${program##*/}
  case $name in
    index_bench) continue ;; # bench/run.sh index
    index_load_bench | index_readers_bench | shared_index_bench) options=() ;;
    *) options=(--benchmark_min_time="${BENCH_SECONDS:-0.2}" --benchmark_counters_tabular=true) ;;
  esac
  echo "== $name"
  "$program" "${options[@]}"
done
if [ -x bench/run.sh ]; then bench/run.sh; fi
