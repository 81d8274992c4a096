{{head}}
# Run this as the owner of the organisation, who stays able to put and delete the policy. Everybody else whom it does not name
# loses the bucket. Keep the bucket in a project of its own: IAM opens every bucket of a project that has no policy. The
# bucket's policy itself is not among the rights that it can give, so the rescuer neither reads nor changes it.
: "${SCW_DEFAULT_PROJECT_ID:?set it to the project of the bucket}"
application() {
  id=$(scw iam application list name="$1" -o json | jq -r '.[0].id // empty')
  [ -n "$id" ] || id=$(scw iam application create name="$1" -o json | jq -r .id)
  printf %s "$id"
}
for role in {{roles}}; do eval "$role=\$(application {{name}}-$role)"; done
scw iam policy create name={{user}} application-id="${{role}}" rules.0.project-ids.0="$SCW_DEFAULT_PROJECT_ID" {{permissionSets}}
# Prints the key, once:
scw iam api-key create application-id="${{role}}" default-project-id="$SCW_DEFAULT_PROJECT_ID"

# A bucket has one policy: this one names {{named}}
# and replaces what is there. Where another repository stands in the same bucket, put the statements of both into one.
{{purgerNote}}
aws --endpoint-url {{endpoint}} s3api get-bucket-policy --bucket {{bucket}} --query Policy --output text > bucket-policy.before.json
cat > bucket-policy.json <<POLICY
{{policy}}
POLICY
aws --endpoint-url {{endpoint}} s3api put-bucket-policy --bucket {{bucket}} --policy file://bucket-policy.json
