#!/usr/bin/env bash
# Install the Debian packages that some checks use, if they are absent and we may. Without them those checks are skipped
# and say so, so a machine without root or apt is no error. Without cargo, Python, Node or make nothing works at all.
set -euo pipefail

# program:package
wanted=(valgrind:valgrind clang:clang g++:g++ cmake:cmake pkg-config:pkg-config abidw:abigail-tools)
required=(cargo python3 node npm git)

for program in "${required[@]}"; do
  if ! command -v "$program" >/dev/null; then
    echo "setup: $program is needed and not installed" >&2
    exit 1
  fi
done

missing=()
for pair in "${wanted[@]}"; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
# A library for an example of event loops.
pkg-config --exists libuv 2>/dev/null || missing+=(libuv1-dev)
# A database, and its library, for an example of fencing.
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
pkg-config --exists libpq 2>/dev/null || missing+=(libpq-dev)
if [[ ${#missing[@]} -eq 0 ]]; then
  exit 0
fi

if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
  echo "setup: not installed: ${missing[*]}; the checks that use them will be skipped"
  exit 0
fi

echo "setup: installing system packages: ${missing[*]}"
# The example starts a database of its own: Debian's package shall not start one beside it.
if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
  echo "setup: no database is created with that package (/etc/postgresql-common/createcluster.conf)"
  mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null; then
  echo "setup: could not install ${missing[*]}; the checks that use them will be skipped" >&2
fi
