#!/usr/bin/env bash
# usage: run.sh FOLDER PROGRAM...
# Checks the header and the exported symbols, runs each program with a time limit, and adds up what they report.
# RUNNER is put before each program, for memory checkers.
set -uo pipefail
cd "$(dirname "$0")" || exit 1

out=$1
shift
header=../../include/seafoam.h
passed=0
failed=0

count() { # what it was, whether it went well
  if [[ $2 -eq 0 ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED $1"
  fi
}

compiles() { # compiler, language, standard
  printf '#include "seafoam.h"\n#include "seafoam.h"\nint main(void) { return SEAFOAM_OK; }\n' |
    "$1" -x "$2" "-std=$3" -Wall -Wextra -Werror -pedantic -fsyntax-only -I../../include -
  count "header with $1 -std=$3" $?
}

if [[ -z ${RUNNER:-} ]]; then
  for compiler in gcc clang; do
    command -v "$compiler" >/dev/null || continue
    for standard in c99 c11 c17; do compiles "$compiler" c "$standard"; done
  done
  for compiler in g++ clang++; do
    command -v "$compiler" >/dev/null || continue
    for standard in c++11 c++17 c++20; do compiles "$compiler" c++ "$standard"; done
  done

  # The library exports what the header declares, and nothing else.
  diff <(grep -oE '\bseafoam_[a-z_]+\(' "$header" | tr -d '(' | sort -u) \
    <(nm -D --defined-only "$out/libseafoam.so" | awk '{ print $3 }' | sort -u)
  count "exported symbols" $?
  readelf -d "$out/libseafoam.so" | grep -q 'soname: \[libseafoam.so.0\]'
  count "soname" $?
fi

for program in "$@"; do
  # Word splitting of RUNNER is wanted: it is a command with arguments.
  # shellcheck disable=SC2086
  report=$(timeout --kill-after=5 "${TEST_SECONDS:-120}" ${RUNNER:-} "$out/$program")
  status=$?
  if [[ $(tail -n 1 <<<"$report") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    # A memory checker speaks by its exit status alone.
    [[ $status -eq 0 || ${BASH_REMATCH[2]} -gt 0 ]] || count "$program: exit status $status" 1
  else
    count "$program: no report, exit status $status" 1
  fi
done

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
