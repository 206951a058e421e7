# For run.sh: the library exports what the header declares, and nothing else. How compilers take the header is checked by
# tools/checks/headers.py.
# shellcheck shell=bash disable=SC2154
diff <(grep -oE '\bseafoam_[a-z_]+\(' ../../include/seafoam.h | tr -d '(' | sort -u) \
  <(nm -D --defined-only "$out/libseafoam.so" | awk '{ print $3 }' | sort -u)
count "exported symbols" $?
readelf -d "$out/libseafoam.so" | grep -q 'soname: \[libseafoam.so.0\]'
count "soname" $?
