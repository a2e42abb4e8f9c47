#!/usr/bin/env bash
# Builds and runs the tests of folders that have threads, atomics or locks: tools/tsan.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
threads='std::jthread|std::thread|std::atomic|base/mutex\.h|pthread_'
targets=()
names=()
known=$(cmake --build "$build" --target help)
for folder in $(grep -lrE "$threads" src --include='*.h' --include='*.cc' | cut -d/ -f2 | sort -u); do
  if grep -q "^rescind_${folder}_test: " <<<"$known"; then
    targets+=("rescind_${folder}_test")
    names+=("$folder")
  fi
done
[ ${#names[@]} -gt 0 ] || { echo "tsan: no folder with threads has tests" >&2; exit 1; }
echo "tsan: ${names[*]}"
cmake --build "$build" -j "${JOBS:-$(nproc)}" --target "${targets[@]}"
tools/test.sh "$build" -R "^($(IFS='|' && echo "${names[*]}"))\\."
