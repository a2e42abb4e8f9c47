#!/usr/bin/env bash
# Installs what bench/run.sh verify measures beside us: bench/peers/setup.sh [PEER…]   (default: all)
# Peers: debian node python go. What cannot be had is said and left out: its rows say "not installed".
# All but Debian's packages lie in build/bench/peers; configure and build again after `debian`.
set -uo pipefail
cd "$(dirname "$0")/../.."
folder=$PWD/build/bench/peers
mkdir -p "$folder"

debian() { tools/setup.sh peers; }

# Whether just these have been installed in a folder; the second function says so.
has() { [ "$(cat "$folder/$1/installed" 2>/dev/null)" = "$2" ]; }
say_has() { echo "$2" >"$folder/$1/installed"; }

node() {
  local wanted="jsonwebtoken@9.0.3 jose@6.2.17 fast-jwt@6.3.6"
  has node "$wanted" && return
  mkdir -p "$folder/node"
  echo '{"private": true}' >"$folder/node/package.json"
  # shellcheck disable=SC2086  # a word each
  npm install --prefix "$folder/node" --no-audit --no-fund --silent $wanted && say_has node "$wanted"
}

python() {
  local wanted="PyJWT[crypto]==2.15.1"
  has python "$wanted" && return
  python3 -m venv "$folder/python" || return
  "$folder/python/bin/pip" install --quiet "$wanted" && say_has python "$wanted"
}

go() {
  (cd bench/peers/golang_jwt && command go build -o "$folder/golang_jwt" .)
}

[ $# -gt 0 ] || set -- debian node python go
failed=0
for peer in "$@"; do
  case $peer in
    debian | node | python | go) ;;
    *) echo "peers: no peer '$peer'; there are: debian node python go" >&2; exit 2 ;;
  esac
  echo "peers: $peer"
  "$peer" || { echo "peers: $peer could not be installed" >&2; failed=1; }
done
exit $failed
