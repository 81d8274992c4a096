#!/bin/sh
# borg-roll-back.sh REPOSITORY TRANSACTION ASIDE
# Sets a borg 1 repository back to the end of a transaction: a line of its file `transactions` says when each was. On the
# server, with the host's key taken out of authorized_keys, and before anything else writes to the repository without
# --append-only. Nothing is deleted: ASIDE, a new folder, keeps what is taken out in the same places.
set -eu
[ $# -eq 3 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 64; }
last=$2
mkdir "$3"
aside=$(cd "$3" && pwd)
cd "$1"
if ! grep -q "^transaction $last," transactions || [ ! -f "$(echo data/*/"$last")" ]; then
  rmdir "$aside"
  echo "$1 has no transaction $last any more: nothing was moved" >&2
  exit 81
fi
take() {
  mkdir -p "$aside/${1%/*}"
  mv -n "$1" "$aside/$1"
}
for file in ./hints.* ./index.* ./integrity.*; do
  [ ! -e "$file" ] || take "$file"
done
for file in data/*/*; do
  [ "${file##*/}" -le "$last" ] || take "$file"
done
take ./transactions
awk -v last="$last" '{ id = $2; sub(",", "", id) } id + 0 <= last + 0' "$aside/transactions" > transactions
echo "moved $(find "$aside/data" -type f | wc -l) segments to $aside"
