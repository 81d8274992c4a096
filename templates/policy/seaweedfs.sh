{{head}}
# Release 4.44 or newer. Its own words Read, Write and Admin (s3.configure) are no substitute: Write destroys versions and
# changes the lifecycle. Whoever reaches the filer or the volumes past S3 can destroy everything: close those ports. Start it
# with -s3.allowDeleteBucketNotEmpty=false: else whoever may delete the bucket deletes it with all that is in it.
cat > {{user}}.json <<'POLICY'
{{policy}}
POLICY
iam='aws --endpoint-url {{endpoint}} iam'
$iam create-user --user-name {{user}}
$iam put-user-policy --user-name {{user}} --policy-name {{user}} --policy-document file://{{user}}.json
# Prints the key, once:
$iam create-access-key --user-name {{user}}
