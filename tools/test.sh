#!/usr/bin/env bash
# Runs ctest in a build folder and says its summary last: tools/test.sh BUILD [ctest arguments]
# Prints what failed (with its output) and what did not run; passing tests only where VERBOSE is set.
set -uo pipefail
build=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Sanitizers name functions and lines through binutils' addr2line (clang 19 brings no symbolizer).
symbols=external_symbolizer_path=$(command -v addr2line || true)
export ASAN_OPTIONS="$symbols:${ASAN_OPTIONS:-}"
tools=$(realpath "$(dirname "$0")")
export LSAN_OPTIONS="suppressions=$tools/lsan.supp:print_suppressions=0:${LSAN_OPTIONS:-}"
export TSAN_OPTIONS="$symbols:suppressions=$tools/tsan.supp:halt_on_error=1:${TSAN_OPTIONS:-}"
export UBSAN_OPTIONS="$symbols:print_stacktrace=1:${UBSAN_OPTIONS:-}"

quiet='^ +Start +[0-9]+: |\.   Passed +[0-9.]+ sec$|^Internal ctest|^Test project|^$'
[ -z "${VERBOSE:-}" ] || quiet='^$'
ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" "$@" 2>&1 |
  tee "$log" | grep --line-buffered -vE "$quiet|^[0-9]+% tests passed"
status=${PIPESTATUS[0]}
grep -E '^[0-9]+% tests passed' "$log" || echo "no tests ran"
exit "$status"
