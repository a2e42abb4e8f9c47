#!/usr/bin/env bash
# Installs what a bare Debian 12 lacks: tools/setup.sh [build] [servers] [chaos] [peers] [lint]   (default: build servers)
# As root or with sudo; nothing is done where everything is there. Services are never started.
set -euo pipefail

declare -A packages=(
  [build]="build-essential cmake ninja-build ccache mold pkg-config python3 libboost1.81-dev libhighwayhash-dev libhiredis-dev libnats-dev librabbitmq-dev librdkafka-dev
    libssl-dev libsodium-dev libsqlite3-dev libyaml-cpp-dev libcli11-dev libspdlog-dev libfmt-dev libsimdjson-dev
    prometheus-cpp-dev libgtest-dev libgmock-dev libbenchmark-dev librapidcheck-dev"
  [servers]="nginx-light curl jq maven nats-server openjdk-17-jre-headless python3-cryptography rabbitmq-server redis-server wrk sqlite3"
  [chaos]="iproute2 nftables openssl"
  [peers]="libcpp-jwt-dev libjwt-dev"
  [lint]="clang-19 libclang-rt-19-dev clang-tidy-19 clang-format-19 lld-19"
)

# For the packages of clients/: what is there already, by whatever means, is left as it is.
command -v npm >/dev/null || packages[servers]+=" nodejs npm"
python3 -c 'import ensurepip' 2>/dev/null || packages[servers]+=" python3-venv"

[ $# -gt 0 ] || set -- build servers
wanted=()
for group in "$@"; do
  [ -n "${packages[$group]:-}" ] || { echo "setup: no group '$group'; there are: ${!packages[*]}" >&2; exit 2; }
  read -r -d '' -a more <<<"${packages[$group]}" || true
  wanted+=("${more[@]}")
done

if ! command -v dpkg-query >/dev/null; then
  echo "setup: no dpkg here, so nothing can be installed; what is needed: ${wanted[*]}" >&2
  exit 0
fi

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
  sed -n 's/^installed //p' || true)
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup: run as root: apt-get install ${missing[*]}" >&2; exit 1; }
  sudo=(sudo)
fi
echo "setup: installing ${missing[*]}"

# Debian starts a server when it installs it, unless this file says no (101 = forbidden by policy).
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee $policy >/dev/null
  "${sudo[@]}" chmod 755 $policy
  trap '"${sudo[@]}" rm -f $policy' EXIT
fi
install() {
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o Dpkg::Use-Pty=0 "${missing[@]}"
}
log=$(mktemp)
if ! install >"$log" 2>&1; then
  "${sudo[@]}" apt-get update -q >>"$log" 2>&1 || true
  install >>"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    echo "setup: apt-get could not install these; Debian 12 (bookworm) with its updates has them all" >&2
    exit 1
  }
fi
rm -f "$log"
