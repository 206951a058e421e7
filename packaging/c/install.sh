#!/usr/bin/env bash
# Installs the library for C and C++: shared and static library, headers, and what pkg-config and CMake look for.
# usage: [DESTDIR=] [PREFIX=/usr/local] [LIBDIR=PREFIX/lib] [INCLUDEDIR=PREFIX/include] install.sh
# LIBRARY_DIR=folder takes libraries that were built elsewhere; else they are built where cargo is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

destdir=${DESTDIR:-}
prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
includedir=${INCLUDEDIR:-$prefix/include}
for folder in "$prefix" "$libdir" "$includedir"; do
  if [[ $folder != /* ]]; then
    echo "install: $folder is not an absolute path" >&2
    exit 2
  fi
done

built=${LIBRARY_DIR:-}
if [[ -z $built ]]; then
  built=${CARGO_TARGET_DIR:-target}/release
  # Installing as another user, often without cargo, takes what that of the tree has built.
  if command -v cargo >/dev/null; then
    cargo build --quiet --locked --release -p seafoam-ffi
  fi
fi
for library in libseafoam.so libseafoam.a; do
  if [[ ! -f $built/$library ]]; then
    echo "install: $built/$library is not there: build it with cargo build --release -p seafoam-ffi" >&2
    exit 1
  fi
done

# The header is the one place that says which version this is.
version=$(sed -n 's/^#define SEAFOAM_VERSION "\(.*\)"$/\1/p' include/seafoam.h)
major=${version%%.*}
static_libs=$(<packaging/c/native-static-libs)
static_list=${static_libs//-l/}

filled() { # template; what stands in it between @ signs comes from here
  sed -e "s|@VERSION@|$version|g" -e "s|@MAJOR@|$major|g" -e "s|@PREFIX@|$prefix|g" \
    -e "s|@LIBDIR@|$libdir|g" -e "s|@INCLUDEDIR@|$includedir|g" \
    -e "s|@INCLUDEDIR_FROM_LIBDIR@|$(realpath -m --relative-to="$libdir" "$includedir")|g" \
    -e "s|@STATIC_LIBS@|$static_libs|g" -e "s|@STATIC_LIBS_LIST@|${static_list// /;}|g" "packaging/c/$1.in"
}

place() { # template, folder
  install -d "$destdir$2"
  filled "$1" >"$destdir$2/$1"
  chmod 644 "$destdir$2/$1"
}

install -d "$destdir$libdir" "$destdir$includedir/seafoam"
install -m 755 "$built/libseafoam.so" "$destdir$libdir/libseafoam.so.$version"
ln -sf "libseafoam.so.$version" "$destdir$libdir/libseafoam.so.$major"
ln -sf "libseafoam.so.$major" "$destdir$libdir/libseafoam.so"
install -m 644 "$built/libseafoam.a" "$destdir$libdir/libseafoam.a"
install -m 644 include/seafoam.h include/seafoam.hpp "$destdir$includedir"
install -m 644 include/seafoam/*.hpp "$destdir$includedir/seafoam"
place seafoam.pc "$libdir/pkgconfig"
place seafoam-static.pc "$libdir/pkgconfig"
place seafoamConfig.cmake "$libdir/cmake/seafoam"
place seafoamConfigVersion.cmake "$libdir/cmake/seafoam"
echo "installed seafoam $version into $destdir$prefix"
