#!/bin/sh
# Runs a fuzzer from its seeds, and from the corpora beside the checkout where they are there.
#
#   fuzz.sh PROGRAM NAME FOUND [libFuzzer's options]
#
# FOUND is the directory for what it finds on its way. A fuzzer that has lost its seeds is no test: that is an error.
set -eu

program=$1 name=$2 found=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
corpora=$here/../../../shared/corpora

seeds=$name
case $name in
  zip_*) seeds=zip samples="$corpora/zip" ;;
  http_connection) samples="$corpora/http/attacks $corpora/http/llhttp-requests" ;;
  *) samples= ;;
esac

count() { find "$1" -type f 2> /dev/null | wc -l; }

need_files() {
  [ "$(count "$1")" -gt 0 ] && return
  echo "fuzz.sh: there are no seeds in $1" >&2
  exit 1
}

need_files "$here/seeds/$seeds"
set -- "$@" "$found" "$here/seeds/$seeds"
if [ -d "$corpora" ]; then
  for directory in $samples; do
    need_files "$directory"
    set -- "$@" "$directory"
  done
elif [ -n "$samples" ]; then
  echo "the corpora are not there: only the seeds of $seeds are used"
fi
mkdir -p "$found"
exec "$program" "$@"
