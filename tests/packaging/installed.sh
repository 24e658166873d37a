#!/bin/sh
# Installs into an empty prefix and looks at what is there: installed.sh BUILD-DIRECTORY PREFIX VERSION.
set -eu
build=$1 prefix=$2 version=$3

fail() { echo "$*" >&2; exit 1; }

rm -rf "$prefix"
cmake --install "$build" --prefix "$prefix" > "$build/tests/packaging/install.log" || fail "cmake --install fails"

for program in server-runner ops; do
  printed=$("$prefix/bin/$program" --version) || fail "$program --version fails"
  [ "$printed" = "$program $version" ] || fail "$program --version prints '$printed', not '$program $version'"
done
for header in version.hpp middleware/server.hpp; do
  [ -f "$prefix/include/ops/$header" ] || fail "the header ops/$header is not installed"
done
find "$prefix" -type f | grep -E '_test|catch|/src/|hello' && fail "this does not belong into an installation"
grep -r "$build" "$prefix" --include='*.cmake' && fail "the package names the build directory"
exit 0
