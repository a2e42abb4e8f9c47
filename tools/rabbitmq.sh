#!/usr/bin/env bash
# A real RabbitMQ on this machine, for tests and for trying things out; no service, nothing outside FOLDER.
#   tools/rabbitmq.sh run FOLDER [PORT]   runs a single node on 127.0.0.1 in the foreground, with its data in
#                                  FOLDER; PORT is a free choice the first time, and then stays. It serves
#                                  some 5 to 10 s later: up to who connects; FOLDER/port has the port,
#                                  FOLDER/pid the server's process. Ends on SIGTERM, with its epmd; started
#                                  again in FOLDER it goes on. User and password: guest, guest. What
#                                  stands in FOLDER/extra.conf the first time is configured, too.
#   tools/rabbitmq.sh ctl FOLDER COMMAND…   rabbitmqctl for that node
# Needs: apt-get install rabbitmq-server
# Exit code 69 (EX_UNAVAILABLE): it cannot be had here, and why is said.
set -euo pipefail

cannot() {
  echo "rabbitmq: $1" >&2
  exit 69
}

usage() {
  sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

# Debian's own rabbitmq-server is a wrapper that changes to the user rabbitmq: past it, to the scripts.
scripts=$(ls -d /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin 2>/dev/null | tail -n 1)

free_ports() {
  python3 - "$1" <<'PYTHON'
import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in held))
PYTHON
}

configure() {
  local folder=$1 port=$2 distribution epmd others
  read -r distribution epmd others < <(free_ports 3)
  cat >"$folder/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:${port:-$others}
distribution.listener.interface = 127.0.0.1
distribution.listener.port_range.min = $distribution
distribution.listener.port_range.max = $distribution
disk_free_limit.absolute = 100MB
log.file.level = info
CONF
  [ ! -e "$folder/extra.conf" ] || cat "$folder/extra.conf" >>"$folder/rabbitmq.conf"
  echo "[]." >"$folder/enabled_plugins"
  : >"$folder/rabbitmq-env.conf"
  echo "rescind-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')@localhost" >"$folder/node"
  echo "$distribution" >"$folder/distribution"
  echo "$epmd" >"$folder/epmd"
  echo "${port:-$others}" >"$folder/port.new"
}

# Everything that Erlang and RabbitMQ would else look for, or put, elsewhere; all ports on loopback.
settings() {
  local folder=$1
  export HOME=$folder
  export ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT
  ERL_EPMD_PORT=$(<"$folder/epmd")
  export RABBITMQ_NODENAME RABBITMQ_DIST_PORT
  RABBITMQ_NODENAME=$(<"$folder/node")
  RABBITMQ_DIST_PORT=$(<"$folder/distribution")
  export RABBITMQ_CONF_ENV_FILE=$folder/rabbitmq-env.conf
  export RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf RABBITMQ_ADVANCED_CONFIG_FILE=$folder/none.config
  export RABBITMQ_ENABLED_PLUGINS_FILE=$folder/enabled_plugins
  export RABBITMQ_MNESIA_BASE=$folder/data RABBITMQ_LOG_BASE=$folder/log
  export RABBITMQ_PID_FILE=$folder/rabbit.pid
  unset RABBITMQ_LOGS NOTIFY_SOCKET
}

run() {
  local folder server epmd
  [ -n "$scripts" ] || cannot "rabbitmq-server is not installed: apt-get install rabbitmq-server"
  command -v epmd >/dev/null || cannot "Erlang's epmd is not installed: apt-get install erlang-base"
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
  if [ ! -e "$folder/port" ]; then
    configure "$folder" "${2:-}"
    mv "$folder/port.new" "$folder/port"
  fi
  settings "$folder"
  # One that was killed just now may not be gone yet.
  for _ in {1..100}; do
    [ -e "$folder/pid" ] && kill -0 "$(<"$folder/pid")" 2>/dev/null || break
    sleep 0.1
  done
  # Neither outlives this script, whatever ends it. Schedulers that do not spin leave the cores to others.
  export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-start_epmd false +sbwt none +sbwtdcpu none +sbwtdio none"
  export RABBITMQ_ALLOW_INPUT=1
  setpriv --pdeathsig KILL epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 &
  epmd=$!
  setpriv --pdeathsig KILL "$scripts/rabbitmq-server" -noinput </dev/null &
  server=$!
  echo "$server" >"$folder/pid"
  trap 'kill -CONT "$server" 2>/dev/null; kill -TERM "$server" 2>/dev/null || true' TERM INT
  # A trap ends a wait before the server has ended.
  while kill -0 "$server" 2>/dev/null; do wait "$server" || true; done
  kill "$epmd" 2>/dev/null || true
  wait "$epmd" 2>/dev/null || true
}

ctl() {
  local folder
  folder=$(cd "$1" && pwd)
  shift
  settings "$folder"
  exec "$scripts/rabbitmqctl" "$@"
}

case ${1:-} in
  run) [ $# -ge 2 ] && [ $# -le 3 ] || usage && run "$2" "${3:-}" ;;
  ctl) [ $# -ge 3 ] || usage && shift && ctl "$@" ;;
  *) usage ;;
esac
