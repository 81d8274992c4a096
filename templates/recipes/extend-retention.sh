#!/bin/sh
# Gives all that a repository shows now at least DAYS days more, but for its locks: an object lock ends so many days after an
# object was written, however many snapshots still need it. From a timer on the trusted host, after a good `holdfast check`.
# The key (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) needs s3:ListBucket and s3:PutObjectRetention.
set -eu
: "${ENDPOINT:?}" "${BUCKET:?}" "${PREFIX?with a slash at its end, or empty}" "${MODE:?GOVERNANCE or COMPLIANCE}" "${DAYS:?}"
keys=$(mktemp)
trap 'rm -f "$keys"' EXIT
aws --endpoint-url "$ENDPOINT" s3api list-objects-v2 --bucket "$BUCKET" --prefix "$PREFIX" \
  --query 'Contents[].[Key]' --output text > "$keys"
until=$(date -u -d "+$DAYS days" +%Y-%m-%dT%H:%M:%SZ)
extended=0
while read -r key; do
  case $key in
    "${PREFIX}locks/"* | None) continue ;;
  esac
  aws --endpoint-url "$ENDPOINT" s3api put-object-retention --bucket "$BUCKET" --key "$key" \
    --retention "{\"Mode\":\"$MODE\",\"RetainUntilDate\":\"$until\"}" < /dev/null
  extended=$((extended + 1))
done < "$keys"
echo "$extended objects are kept until $until"
