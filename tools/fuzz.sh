#!/usr/bin/env bash
# Runs each fuzzer for some seconds from its committed corpus: tools/fuzz.sh BUILD SECONDS [fuzzer…]
# What it finds new stays in BUILD/fuzz/<fuzzer>.found, never in the source tree.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=$1
seconds=$2
shift 2
export ASAN_OPTIONS="external_symbolizer_path=$(command -v addr2line || true):${ASAN_OPTIONS:-}"
passed=0
failed=0
[ $# -gt 0 ] || mapfile -t fuzzers < <(find "$build/fuzz" -maxdepth 1 -type f -perm -u+x -printf '%f\n' | sort)
[ $# -eq 0 ] || fuzzers=("$@")

[ ${#fuzzers[@]} -gt 0 ] || { echo "fuzz: no fuzzers in $build/fuzz" >&2; exit 1; }
for fuzzer in "${fuzzers[@]}"; do
  found="$build/fuzz/$fuzzer.found"
  mkdir -p "$found"
  mapfile -t corpus < <(find src -type d -path "*/corpus/$fuzzer")
  dictionary=()
  for file in src/*/corpus/"$fuzzer".dict; do
    [ -f "$file" ] && dictionary=("-dict=$file")
  done
  if "$build/fuzz/$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
      -print_final_stats=1 "${dictionary[@]}" -artifact_prefix="$build/fuzz/$fuzzer-" \
      "$found" "${corpus[@]}" >"$build/fuzz/$fuzzer.log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/fuzz/$fuzzer.log")
    echo "fuzz: $fuzzer ok, ${runs:-?} runs, ${#corpus[@]} corpus folder(s)"
    passed=$((passed + 1))
  else
    tail -n 40 "$build/fuzz/$fuzzer.log"
    echo "fuzz: $fuzzer FAILED; the input lies beside $build/fuzz/$fuzzer-*"
    failed=$((failed + 1))
  fi
done
echo "fuzzers: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
