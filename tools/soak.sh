#!/usr/bin/env bash
# Repeats the randomised tests (properties, simulation) with new seeds: tools/soak.sh BUILD SECONDS
# Each round prints its seed; RESCIND_SEED and RC_PARAMS=seed=… bring a failure back.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=$1
seconds=$2

# The long loops, once: what `make test` does in small.
export RESCIND_LONG=1
"$build/src/revocation/rescind_revocation_test" --gtest_filter='*Model*' &&
  "$build/src/authority/rescind_authority_test" --gtest_filter='*Refresher*:*Refresh*' ||
  { echo "soak: a long loop FAILED"; exit 1; }
unset RESCIND_LONG

# Then random worlds and orders until the time is over.
end=$((SECONDS + seconds))
round=0
while [ $SECONDS -lt $end ]; do
  round=$((round + 1))
  seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
  first=$((seed % 1000000000 + 1))
  if ! "$build/tests/simulation/simulate" --seeds "$first:$((first + 4999))"; then
    echo "soak: round $round FAILED, see the seed above"
    exit 1
  fi
  if ! RESCIND_SEED=$seed RC_PARAMS="seed=$seed" GTEST_SHUFFLE=1 \
      tools/test.sh "$build" -R '[Pp]ropert|[Rr]andom|[Cc]onformance|^revocation\.|^feed\.'; then
    echo "soak: round $round FAILED with RESCIND_SEED=$seed RC_PARAMS=seed=$seed"
    exit 1
  fi
done
echo "soak: $round rounds passed, 0 failed"
