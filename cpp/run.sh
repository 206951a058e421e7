#!/usr/bin/env bash
# usage: run.sh FOLDER PROGRAM...
# Runs each program with a time limit, and adds up what they report. RUNNER is put before each program, for memory
# checkers. With HEADERS=1 it first checks the headers: generated ones are current, and every standard takes them all.
set -uo pipefail
cd "$(dirname "$0")" || exit 1

out=$1
shift
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

compiles() { # compiler, standard, header
  printf '#include "%s"\n#include "%s"\nint main() {}\n' "$3" "$3" |
    "$1" -x c++ "-std=$2" -Wall -Wextra -Werror -pedantic -Wshadow -Wconversion -Wold-style-cast \
      -Wnon-virtual-dtor -fsyntax-only -I../include - && echo "well: $*"
}

compilations() {
  local compiler standard part
  for compiler in g++ clang++; do
    command -v "$compiler" >/dev/null || continue
    # Some compilers of today know C++23 by its working name alone.
    for standard in c++17 c++20 c++2b; do echo "$compiler $standard seafoam.hpp"; done
  done
  # Each part can be included alone.
  for part in ../include/seafoam/*.hpp; do echo "${CXX:-c++} c++17 seafoam/${part##*/}"; done
}

if [[ -n ${HEADERS:-} ]]; then
  python3 generate.py --check >"$out/generate.log"
  status=$?
  [[ $status -eq 0 ]] || cat "$out/generate.log"
  count "generated headers" $status
  export -f compiles
  verdicts=$(compilations | xargs -P "$(nproc)" -L 1 bash -c 'compiles "$@"' _)
  while read -r case; do
    grep -qxF "well: $case" <<<"$verdicts"
    count "headers: $case" $?
  done < <(compilations)
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
