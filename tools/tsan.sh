#!/usr/bin/env bash
# Builds and runs the tests of folders that have threads, atomics or locks, with the modules that such a folder
# has besides (over a broker's library): tools/tsan.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
threads='std::jthread|std::thread|std::atomic|base/mutex\.h|pthread_'
# Helpers of tests, and two that take minutes to start and start again: what is ours there and has threads
# (broker_road) is tested over NATS and Redis, librdkafka with its mock; rabbitmq-c has no threads.
left_out='.*_for|transport_(amqp|kafka)_server'
known=$(cmake --build "$build" --target help | sed -nE 's/^rescind_([a-z_]+)_test: .*/\1/p')
names=()
for folder in $(grep -lrE "$threads" src --include='*.h' --include='*.cc' | cut -d/ -f2 | sort -u); do
  mapfile -t -O ${#names[@]} names < <(grep -E "^${folder}(_|\$)" <<<"$known" | grep -vxE "$left_out" | sort)
done
[ ${#names[@]} -gt 0 ] || { echo "tsan: no folder with threads has tests" >&2; exit 1; }
echo "tsan: ${names[*]}"
targets=("${names[@]/#/rescind_}")
cmake --build "$build" -j "${JOBS:-$(nproc)}" --target "${targets[@]/%/_test}"
tools/test.sh "$build" -R "^($(IFS='|' && echo "${names[*]}"))(\\.|\$)"
