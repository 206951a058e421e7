#!/usr/bin/env bash
# usage: check.sh FOLDER [--bless]
# Compares the interface of the header with the committed one, seafoam.abi: what changes or takes away what programs
# were compiled with fails, what adds to it does not. A control goes first: a field that is inserted must be noticed.
set -euo pipefail
cd "$(dirname "$0")"

out=$1
mkdir -p "$out"

dump() { # C file, what comes out
  local from
  from=$(realpath "$out")
  "${CC:-cc}" -std=c11 -g -O0 -fPIC -shared -fdebug-prefix-map="$from"=. -I"${3:-../../include}" "$from/$1" \
    -o "$out/libstubs.so"
  # Places are of this machine and this compiler.
  abidw --no-corpus-path --no-comp-dir-path --no-show-locs "$out/libstubs.so" >"$out/$2"
}

python3 stubs.py >"$out/stubs.c"
dump stubs.c seafoam.abi
if [[ ${2:-} == --bless ]]; then
  cp "$out/seafoam.abi" seafoam.abi
  exit 0
fi

passed=0
failed=0
mkdir -p "$out/other"
sed '0,/  uint32_t nodes;/s//  uint32_t inserted;\n  uint32_t nodes;/' ../../include/seafoam.h >"$out/other/seafoam.h"
dump stubs.c other.abi "$out/other"
if abidiff --no-added-syms seafoam.abi "$out/other.abi" >/dev/null; then
  failed=1
  echo "FAILED a field that was inserted went unseen"
else
  passed=1
fi
if abidiff --no-added-syms seafoam.abi "$out/seafoam.abi"; then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
  echo "FAILED the interface is another; where that is meant, raise the soname and: make -C ffi-c/tests abi-bless"
fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
