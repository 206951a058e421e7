# For run.sh of the tests in C: generated headers are current, and every standard takes them all.
# shellcheck shell=bash disable=SC2154

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
