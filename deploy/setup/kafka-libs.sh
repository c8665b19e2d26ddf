#!/usr/bin/env bash
# Fetches the local broker's jars (43 MB) into var/kafka-libs, once, and only where they will be used:
# nothing to do where KAFKA_BOOTSTRAP_SERVERS names a broker or a container engine answers. With --always there too:
# tests kill brokers of their own.
set -euo pipefail
cd "$(dirname "$0")/../.."

libs=var/kafka-libs

if compgen -G "$libs/kafka_2.13-*.jar" >/dev/null; then
  exit 0
fi
if [ "${1:-}" != --always ] && [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ]; then
  echo "Broker: KAFKA_BOOTSTRAP_SERVERS is set, no jars needed."
  exit 0
fi
if [ "${1:-}" != --always ] && command -v docker >/dev/null && timeout 10 docker info >/dev/null 2>&1; then
  echo "Broker: a container engine answers, no jars needed."
  exit 0
fi
if ! command -v java >/dev/null || ! command -v mvn >/dev/null; then
  echo "Broker: neither KAFKA_BOOTSTRAP_SERVERS, nor a container engine, nor Java 17 with Maven." >&2
  echo "        deploy/setup/system-packages.sh run installs the last; the rest of the set-up goes on." >&2
  exit 0
fi

echo "Broker: fetching the jars named in deploy/kafka/pom.xml into $libs"
# Copied beside and moved at the end: a broken download never looks like a finished one.
rm -rf "$libs.part"
mvn -q -B -f deploy/kafka/pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$PWD/$libs.part" |
  sed $'s/\033\\[[0-9;]*m//g'
rm -rf "$libs"
mv "$libs.part" "$libs"
.venv/bin/python deploy/setup/class_archive.py "$libs" ||
  echo "Broker: no archive of classes could be made; it works, and takes 2 s longer to start." >&2
