#!/usr/bin/env bash
# usage: run.sh FOLDER PROGRAM...
# Runs each program with a time limit, two of them at once or SIDE_BY_SIDE, and adds up what they report; last line:
# `N passed, N failed`. RUNNER is put before each program, for memory checkers. CHECKS is a script that runs first and
# counts its own by `count WHAT STATUS`; it finds the folder in `out`.
set -uo pipefail

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

if [[ -n ${CHECKS:-} ]]; then
  # shellcheck source=/dev/null
  source "$CHECKS"
fi

# Most of their time they wait for clusters: some run side by side.
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
run() {
  # Word splitting of RUNNER is wanted: it is a command with arguments.
  # shellcheck disable=SC2086
  timeout --kill-after=5 "${TEST_SECONDS:-120}" ${RUNNER:-} "$out/$1" >"$reports/$1"
  echo $? >"$reports/$1.status"
}

running=0
for program in "$@"; do
  if ((running == ${SIDE_BY_SIDE:-2})); then
    wait -n
    running=$((running - 1))
  fi
  run "$program" &
  running=$((running + 1))
done
wait

for program in "$@"; do
  status=$(<"$reports/$program.status")
  if [[ $(tail -n 1 "$reports/$program") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
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
