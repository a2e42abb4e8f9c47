#!/usr/bin/env bash
# How we do against each suite: agree, differ, refused; what did not run says so.
#   tests/conformance/report.sh BUILD
set -uo pipefail
build=$1
here=$(dirname "$0")
"$build/tests/conformance/rescind_conformance_test" |
  sed -nE 's/^\[  SUITE   \] //p; s/^\[  SKIPPED \] (.*[^:]) \(.*/did not run: \1/p; s/^\[  FAILED  \]/FAILED/p'
status=$?
python3 "$here/differential.py" "$build/tests/conformance/rescind_differential" \
  "$here/../../../shared/tools" "${DIFFERENTIAL_TOKENS:-20000}" "${DIFFERENTIAL_SEED:-1}"
differential=$?
[ "$differential" -eq 77 ] && differential=0
exit $((status | differential))
