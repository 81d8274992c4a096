#!/bin/sh
# pull.sh pull|snapshot|expire, with the settings of pull.env in the environment.
# `pull` makes FOLDER/current what the host shows, as an account that can write nowhere else; `snapshot` and `expire` run as
# root. With SNAPSHOTS=links one account does all three.
set -eu

pull() {
  set --
  if [ "$SNAPSHOTS" = links ]; then
    # A file that an unfinished pull shares with a snapshot must not be changed in its place.
    rm -rf "$FOLDER/current"
    newest=$(snapshots | tail -n 1)
    set -- ${newest:+--link-dest="$FOLDER/snapshots/$newest"}
  fi
  done=0
  rsync -aHAX --numeric-ids --delete --fake-super "$@" ${EXCLUDES:+--exclude-from="$EXCLUDES"} \
    --rsh="ssh -F none -p $PORT -i $IDENTITY -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes \
      -o UserKnownHostsFile=$KNOWN_HOSTS -o ClearAllForwardings=yes -o ServerAliveInterval=60" \
    "$ADDRESS:/" "$FOLDER/current/" || done=$?
  # 24: a file went away while it was read.
  [ "$done" -eq 24 ] || return "$done"
}

snapshot() {
  name=$(date -u +%Y-%m-%dT%H%M%SZ)
  case $SNAPSHOTS in
    btrfs) btrfs subvolume snapshot -r "$FOLDER/current" "$FOLDER/snapshots/$name" ;;
    zfs) zfs snapshot "$DATASET@$name" ;;
    links) mv -T "$FOLDER/current" "$FOLDER/snapshots/$name" ;;
    *) fail "SNAPSHOTS is btrfs, zfs or links, not $SNAPSHOTS" ;;
  esac
}

# Their names, the oldest first.
snapshots() {
  case $SNAPSHOTS in
    zfs) zfs list -H -d 1 -t snapshot -o name "$DATASET" | sed 's/.*@//' ;;
    *) ls "$FOLDER/snapshots" ;;
  esac | grep -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z$' | sort
}

expire() {
  oldest=$(date -u -d "-$KEEP_DAYS days" +%Y-%m-%dT%H%M%SZ)
  snapshots | head -n "-$KEEP_LEAST" | while read -r name; do
    if expr "$name" '<' "$oldest" > /dev/null; then remove "$name"; fi
  done
}

remove() {
  case $SNAPSHOTS in
    btrfs) btrfs subvolume delete "$FOLDER/snapshots/$1" ;;
    zfs) zfs destroy "$DATASET@$1" ;;
    links) rm -rf "$FOLDER/snapshots/$1" ;;
  esac
}

fail() {
  echo "$1" >&2
  exit 64
}

case ${1-} in
  pull | snapshot | expire) "$1" ;;
  *) fail "usage: $0 pull|snapshot|expire" ;;
esac
