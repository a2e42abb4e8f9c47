#!/usr/bin/env bash
# The wheel, with the library inside: clients/python/build.sh LIBDIR OUTDIR
# LIBDIR has librescind.so; PYTHON (python3) has pip, which fetches the one build requirement.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: $0 LIBDIR OUTDIR" >&2; exit 2; }
source=$(cd "$(dirname "$0")" && pwd)
library=$(readlink -f "$1/librescind.so")
[ -f "$library" ] || { echo "$0: there is no $1/librescind.so; build it first" >&2; exit 1; }
mkdir -p "$2"
out=$(cd "$2" && pwd)

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cp -r "$source"/{pyproject.toml,setup.py,README.md,rescind} "$stage"
cp "$source/../../LICENSE" "$stage"
rm -rf "$stage/rescind/__pycache__"
strip --strip-unneeded -o "$stage/rescind/librescind.so" "$library"
"${PYTHON:-python3}" -m pip wheel --quiet --disable-pip-version-check --no-deps \
  --wheel-dir "$out" "$stage"
