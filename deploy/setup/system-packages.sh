#!/usr/bin/env bash
# Installs the Debian/Ubuntu packages this project uses, and nothing when all are there.
#
#   deploy/setup/system-packages.sh run|test [--yes]
#
# run:  what the line itself needs (Python's venv; Java and Maven, where neither KAFKA_BOOTSTRAP_SERVERS is set
#       nor a container engine answers)
# test: Java and Maven in any case, for brokers that tests kill, and the programs the tests talk to (mail clients,
#       an SMS gateway, a browser, a load tool)
#
# Says first what it installs and why. Installs without asking on CI (CI=true) and with --yes, elsewhere after a yes
# on the terminal; without a terminal it prints the command and exits 2. No installed program is started as a service.
set -euo pipefail

set_wanted=${1:-}
yes=${2:-}
case "$set_wanted" in
  run | test) ;;
  *)
    echo "usage: $0 run|test [--yes]" >&2
    exit 2
    ;;
esac

packages=()
reasons=()

want() { # want PACKAGE[|PACKAGE…] REASON: the first one that this release has
  packages+=("$1")
  reasons+=("$2")
}

program() { PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null; }

broker_elsewhere() {
  [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ] && return 0
  program docker && timeout 10 docker info >/dev/null 2>&1
}

java_17() {
  program java || return 1
  local version
  version=$(java -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ]
}

font_for_chinese() { [ -n "$(fc-list ':lang=zh' 2>/dev/null | head -n 1)" ]; }

jars_run() { java_17 && compgen -G "var/kafka-libs/kafka_2.13-*.jar" >/dev/null; }

look_java() { # look_java REASON
  jars_run && return
  java_17 || want 'openjdk-17-jre-headless|openjdk-21-jre-headless' "$1"
  program mvn || want maven "fetches the broker's jars"
}

look_run() {
  python3 -c 'import ensurepip, venv' 2>/dev/null || want python3-venv "makes the project's own Python environment"
  [ "$set_wanted" = test ] || jars_run || broker_elsewhere ||
    look_java "runs the Kafka broker, as no other broker is given"
}

look_test() {
  look_java "runs the Kafka brokers that tests kill and start again"
  program swaks || want swaks "sends single mails to the mail door"
  perl -MNet::SSLeay -e 1 2>/dev/null || want libnet-ssleay-perl "lets swaks speak TLS"
  program smtp-source || want postfix "brings smtp-source, which sends mails by the thousand; Postfix itself is not started"
  program dovecot || want dovecot-imapd "the mailbox that the mail channel reads by IMAP; started by its tests only"
  program chromium || program google-chrome || program chromium-browser || want chromium "opens the citizens' pages"
  font_for_chinese || want fonts-wqy-microhei "shows Chinese in screenshots"
  program wrk || want wrk "load tool for the HTTP door"
  program bearerbox || want kannel "SMS gateway that calls the door as a vendor would; not started as a service"
  [ -x /usr/lib/kannel/test/fakesmsc ] || want kannel-extras "brings fakesmsc, the carrier behind that gateway"
  program node || want nodejs "runs the SMPP carrier and the accessibility checks"
  program npm || want npm "fetches them, by lock file"
}

cd "$(dirname "$0")/../.."
look_run
[ "$set_wanted" = run ] || look_test
[ ${#packages[@]} -gt 0 ] || exit 0

echo "These system packages are missing:"
for at in "${!packages[@]}"; do
  printf '  %-26s %s\n' "${packages[$at]//|/ or }" "${reasons[$at]}"
done

if ! program apt-get; then
  echo "This machine has no apt-get: install their equivalents by its own means, then call make again." >&2
  exit 2
fi
if [ "${CI:-}" != true ] && [ "$yes" != --yes ]; then
  if ! { : </dev/tty; } 2>/dev/null; then
    echo "Not installed: there is no terminal to ask on. Install them with: $0 $set_wanted --yes" >&2
    exit 2
  fi
  read -r -p "Install them now with apt-get? [y/N] " answer </dev/tty
  case "$answer" in
    y | Y | yes | 是) ;;
    *)
      echo "Not installed. What needs them will say so." >&2
      exit 2
      ;;
  esac
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  program sudo || {
    echo "Neither root nor sudo: ask an administrator to install: ${packages[*]}" >&2
    exit 2
  }
  as_root=(sudo)
fi

# 101: "do not start this". A package must not open a port on this machine just because a test uses one of its programs.
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
  trap '"${as_root[@]}" rm -f "$guard"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$guard" >/dev/null
  "${as_root[@]}" chmod 755 "$guard"
fi

echo "postfix postfix/main_mailer_type select No configuration" | "${as_root[@]}" debconf-set-selections
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q=2 -o DPkg::Lock::Timeout=300)
"${apt[@]}" update

has_candidate() { [[ $(apt-cache policy "$1") =~ Candidate:\ [^\(] ]]; }
chosen=()
for names in "${packages[@]}"; do
  found=
  for name in ${names//|/ }; do
    if has_candidate "$name"; then
      found=$name
      break
    fi
  done
  if [ -n "$found" ]; then
    chosen+=("$found")
  else
    # Ubuntu has its browser outside apt, for one. What needs the program says so when it runs.
    echo "This release has no package ${names//|/ or }: install it by other means." >&2
  fi
done
[ ${#chosen[@]} -eq 0 ] || "${apt[@]}" install -y --no-install-recommends "${chosen[@]}" >/dev/null
