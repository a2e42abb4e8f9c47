#!/usr/bin/env bash
# Breaks what is between authority and followers, and sees that what was promised holds: tools/chaos.sh BUILD
# Some three minutes; CYCLES, DOWN_SECONDS, CONNECTIONS and FOLLOWERS make it longer or wider.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=$1
export RESCIND_BINARY=$PWD/$build/rescind
export PYTHONDONTWRITEBYTECODE=1
passed=0
failed=0
try() {
  echo "== $*"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}
ulimit -n "$(ulimit -Hn)"
try python3 tests/chaos/broker_down.py "${DOWN_SECONDS:-20}"
try python3 tests/chaos/slow_clients.py "${CONNECTIONS:-6000}" 45
try python3 tests/chaos/fan_out.py "$build" "${FOLLOWERS:-10000}"
if [ "$(id -u)" -eq 0 ]; then
  try python3 tests/chaos/partition.py "${CYCLES:-10}"
else
  echo "not run: partition.py makes network namespaces, as root"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
