{{head}}
# The users, as an administrator of the gateway (ADMIN_ACCESS_KEY_ID, ADMIN_SECRET_ACCESS_KEY, ADMIN_ENDPOINT_URL). Each that
# the policy names must be there: {{named}}.
# The tool takes a secret on its command line only: run it where nobody else is logged in.
umask 077
openssl rand -hex 20 > {{user}}.secret
versitygw admin create-user --access {{user}} --secret "$(cat {{user}}.secret)" --role user

# The policy, as the bucket's owner. A bucket has one policy: this replaces what is there. Where another repository stands in
# the same bucket, put the statements of both into one. A purger or a rescuer may destroy whatever is in the bucket.
aws --endpoint-url {{endpoint}} s3api get-bucket-policy --bucket {{bucket}} --query Policy --output text > bucket-policy.before.json
cat > bucket-policy.json <<'POLICY'
{{policy}}
POLICY
aws --endpoint-url {{endpoint}} s3api put-bucket-policy --bucket {{bucket}} --policy file://bucket-policy.json
