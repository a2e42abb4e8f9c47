#!/usr/bin/env bash
# The npm tarball, with the addon and the library inside: clients/node/build.sh LIBDIR OUTDIR
# LIBDIR has librescind.so; npm fetches the one thing that building needs, the headers of Node-API.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: $0 LIBDIR OUTDIR" >&2; exit 2; }
source=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$source/../.." && pwd)
library=$(readlink -f "$1/librescind.so")
[ -f "$library" ] || { echo "$0: there is no $1/librescind.so; build it first" >&2; exit 1; }
mkdir -p "$2"
out=$(cd "$2" && pwd)

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cp "$source"/{package.json,package-lock.json,README.md,index.js,index.mjs,index.d.ts,frameworks.js} \
  "$root/LICENSE" "$stage"
cd "$stage"
npm ci --silent --ignore-scripts --no-audit --no-fund

# Beside each other; the addon finds the library by the name that it calls itself.
mkdir native
soname=$(objdump -p "$library" | sed -n 's/^ *SONAME *//p')
strip --strip-unneeded -o "native/$soname" "$library"
"${CC:-cc}" -std=c11 -O2 -fPIC -fvisibility=hidden -Wall -Wextra -Werror -shared \
  -I "$root/include" -isystem node_modules/node-api-headers/include \
  -o native/rescind.node "$source"/src/*.c "native/$soname" \
  -Wl,-rpath,'$ORIGIN'
strip --strip-unneeded native/rescind.node

npm pkg set "cpu[0]=$(node -p process.arch)" --silent
npm pack --silent --pack-destination "$out"
