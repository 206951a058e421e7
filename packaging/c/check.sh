#!/usr/bin/env bash
# Installs into a temporary folder, then builds and runs programs outside of the tree against what was installed: in C
# and C++, by pkg-config and by CMake, with the shared and with the static library. Last line: `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
lib=$root/usr/local/lib
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

runs() { # program, seafoam or static
  local needed
  needed=$(readelf -d "$1") || return 1
  if [[ $2 == seafoam ]]; then
    grep -q 'NEEDED.*\[libseafoam.so.0\]' <<<"$needed" || return 1
  else
    ! grep -q 'NEEDED.*libseafoam' <<<"$needed" || return 1
  fi
  [[ $(LD_LIBRARY_PATH=$lib timeout 30 "$1" | tail -n 1) == "seafoam $version" ]]
}

DESTDIR=$root PREFIX=/usr/local ./install.sh >"$work/log" || { cat "$work/log"; echo "0 passed, 1 failed"; exit 1; }
version=$(sed -n 's/^#define SEAFOAM_VERSION "\(.*\)"$/\1/p' "$root/usr/local/include/seafoam.h")

[[ $(readlink "$lib/libseafoam.so") == libseafoam.so.0 && $(readlink -f "$lib/libseafoam.so.0") == "$lib/libseafoam.so.$version" ]]
count "links of the shared library" $?
readelf -d "$lib/libseafoam.so" | grep -q 'soname: \[libseafoam.so.0\]'
count "soname" $?
diff <(cd ../../include && find . -name '*.h' -o -name '*.hpp' | sort) <(cd "$root/usr/local/include" && find . -type f | sort)
count "every header and nothing else" $?
! grep -rn '@[A-Z_]*@' "$lib/pkgconfig" "$lib/cmake"
count "templates are filled" $?
! PREFIX=relative DESTDIR=$work ./install.sh 2>/dev/null
count "a prefix that is relative is refused" $?
# What the toolchain asks for is what was written down.
wanted=$(: | rustc --crate-type staticlib --print native-static-libs -o "$work/empty.a" - 2>&1 |
  sed -n 's/.*native-static-libs: *//p')
[[ -n $wanted && $wanted == "$(<native-static-libs)" ]]
count "native-static-libs: the toolchain says $wanted" $?

cp -r consumer "$work/consumer"
cd "$work/consumer" || exit 1
export SEAFOAM_LOG_LEVEL=warn PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
[[ $(pkg-config --modversion seafoam) == "$version" ]]
count "pkg-config --modversion" $?
for kind in seafoam static; do
  package=${kind/static/seafoam-static}
  # Word splitting is wanted: flags are many words.
  # shellcheck disable=SC2046
  cc -Wall -Wextra -Werror main.c -o "pkg-c-$kind" $(pkg-config --cflags --libs "$package") && runs "./pkg-c-$kind" "$kind"
  count "C by pkg-config, $kind" $?
  # shellcheck disable=SC2046
  c++ -std=c++17 -Wall -Wextra -Werror main.cpp -o "pkg-cpp-$kind" $(pkg-config --cflags --libs "$package") &&
    runs "./pkg-cpp-$kind" "$kind"
  count "C++ by pkg-config, $kind" $?
done

cmake -S . -B build -DCMAKE_PREFIX_PATH="$root/usr/local" >"$work/log" 2>&1 && cmake --build build >>"$work/log" 2>&1
count "CMake builds" $? && [[ $failed -eq 0 ]] || tail -n 20 "$work/log"
for program in c-seafoam c-static cpp-seafoam cpp-static; do
  runs "build/$program" "${program#*-}"
  count "$program by CMake" $?
done
sed -i 's/seafoam 0.1 REQUIRED/seafoam 1.0 REQUIRED/' CMakeLists.txt
! cmake -S . -B other -DCMAKE_PREFIX_PATH="$root/usr/local" >"$work/log" 2>&1 && grep -q 'compatible with requested version' "$work/log"
count "CMake refuses another major version" $?

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
