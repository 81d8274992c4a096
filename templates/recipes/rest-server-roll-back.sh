#!/bin/sh
# rest-server-roll-back.sh REPOSITORY INSTANT ASIDE
# Takes out of a restic repository what was written after an instant, such as 2026-11-20T02:59:59Z. For a repository behind
# rest-server --append-only, on the server, with rest-server stopped. What was there before cannot have changed since, unless
# this machine itself pruned after the instant. Nothing is deleted: ASIDE, a new folder, keeps it in the same places.
set -eu
[ $# -eq 3 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 64; }
date -d "$2" > /dev/null
mkdir "$3"
aside=$(cd "$3" && pwd)
cd "$1"
if [ ! -f config ] || [ -n "$(find config -newermt "$2")" ]; then
  rmdir "$aside"
  echo "$1 is no repository, or was made after $2: nothing was moved" >&2
  exit 81
fi
find . -type f -newermt "$2" -exec sh -c '
  aside=$1
  shift
  for file do
    mkdir -p "$aside/${file%/*}"
    mv -n "$file" "$aside/$file"
  done' move "$aside" {} +
echo "moved $(find "$aside" -type f | wc -l) files to $aside"
