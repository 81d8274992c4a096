{{head}}
# Each S3 key of a project may do everything in all of its buckets, so this policy only takes away. Two things it cannot: a
# new key may do everything, and so may each of these keys in every other bucket of the project, and in other paths of this
# one. Keep one project, with one bucket, for one repository. That a principal is arn:aws:iam:::user/p<project>:<access key>
# is known from reports, not from Hetzner.
# Make a key for each role in the console, and set project, and for each role its access key (not the secret):
#   project=1234567 writer=… pruner=… rescuer=… monitor=…
: "${project:?the number of the project, from the address of its console}" "${{{role}}:?the access key of the {{role}}}"
for role in {{roles}}; do eval "$role=\${$role:-none}"; done

# A bucket has one policy: this one names {{named}}
# and replaces what is there. Put it with a key that it does not name.
{{purgerNote}}
aws --endpoint-url {{endpoint}} s3api get-bucket-policy --bucket {{bucket}} --query Policy --output text > bucket-policy.before.json
cat > bucket-policy.json <<POLICY
{{policy}}
POLICY
aws --endpoint-url {{endpoint}} s3api put-bucket-policy --bucket {{bucket}} --policy file://bucket-policy.json
