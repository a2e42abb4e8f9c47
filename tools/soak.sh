#!/usr/bin/env bash
# Repeats the randomised tests (properties, simulation) with new seeds: tools/soak.sh BUILD SECONDS
# Each round prints its seed; RESCIND_SEED and RC_PARAMS=seed=… bring a failure back.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=$1
seconds=$2
end=$((SECONDS + seconds))
round=0
while [ $SECONDS -lt $end ]; do
  round=$((round + 1))
  seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
  if ! RESCIND_SEED=$seed RC_PARAMS="seed=$seed" GTEST_SHUFFLE=1 \
      tools/test.sh "$build" -R '[Ss]imulat|[Pp]ropert|[Rr]andom|[Cc]onformance|^revocation\.|^feed\.'; then
    echo "soak: round $round FAILED with RESCIND_SEED=$seed RC_PARAMS=seed=$seed"
    exit 1
  fi
done
echo "soak: $round rounds passed, 0 failed"
