#!/usr/bin/env bash
# A real Kafka broker on this machine, for tests and for trying things out; nothing is installed.
#   tools/kafka.sh fetch           gets its jars (43 MB, once) into ${XDG_CACHE_HOME:-~/.cache}/rescind
#   tools/kafka.sh run FOLDER [PORT]   runs a single broker (KRaft) on 127.0.0.1 in the foreground, with its
#                                  data in FOLDER; PORT is free choice the first time, and then stays.
#                                  `ready` when it takes connections is up to who connects; FOLDER/port
#                                  has the port. Ends on SIGTERM; started again in FOLDER it goes on.
# Needs Java 17 and, to fetch, Maven: apt-get install openjdk-17-jre-headless maven
# Exit code 69 (EX_UNAVAILABLE): it cannot be had here, and why is said.
set -euo pipefail

kafka=4.1.0
log4j=2.24.3
cache=${XDG_CACHE_HOME:-$HOME/.cache}/rescind
jars=$cache/kafka-$kafka

cannot() {
  echo "kafka: $1" >&2
  exit 69
}

usage() {
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

pom() {
  cat <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rescind</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$kafka</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
      <version>$log4j</version>
    </dependency>
  </dependencies>
</project>
POM
}

# Whole or not at all: who comes second waits, and finds it done.
fetch() {
  [ ! -d "$jars" ] || return 0
  command -v mvn >/dev/null || cannot "Maven is not installed: apt-get install maven"
  mkdir -p "$cache"
  exec 9>"$cache/kafka.lock"
  flock 9
  if [ ! -d "$jars" ]; then
    local new
    new=$(mktemp -d "$cache/kafka.XXXXXX")
    pom >"$new/pom.xml"
    if ! (cd "$new" && mvn -q -B dependency:copy-dependencies -DoutputDirectory=libs \
      -DincludeScope=runtime >"$cache/kafka.log" 2>&1); then
      rm -rf "$new"
      cannot "the jars could not be fetched; $cache/kafka.log says why"
    fi
    mv "$new/libs" "$jars"
    rm -rf "$new"
  fi
  exec 9>&-
}

free_ports() {
  python3 - "$1" <<'PYTHON'
import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in held))
PYTHON
}

configure() {
  local folder=$1 port=$2 controller others
  read -r controller others < <(free_ports 2)
  cat >"$folder/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:${port:-$others},CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:${port:-$others}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$folder/data
log.cleaner.enable=false
num.network.threads=1
num.io.threads=2
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
PROPERTIES
  echo "${port:-$others}" >"$folder/port.new"
}

run() {
  local folder
  command -v java >/dev/null || cannot "Java is not installed: apt-get install openjdk-17-jre-headless"
  fetch
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
  local jvm=(java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$jars/*")
  if [ ! -e "$folder/port" ]; then
    configure "$folder" "${2:-}"
    # A cluster id is 16 bytes in base64url; this one is hexadecimal, which never begins with a dash.
    "${jvm[@]}" kafka.tools.StorageTool format -t "$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')AAAAAA" \
      -c "$folder/server.properties" >"$folder/format.log" 2>&1 || {
      tail -n 5 "$folder/format.log" >&2
      cannot "the folder $folder could not be made ready"
    }
    mv "$folder/port.new" "$folder/port"
  fi
  exec "${jvm[@]}" kafka.Kafka "$folder/server.properties"
}

case ${1:-} in
  fetch) fetch && echo "$jars" ;;
  run) [ $# -ge 2 ] && [ $# -le 3 ] || usage && run "$2" "${3:-}" ;;
  *) usage ;;
esac
