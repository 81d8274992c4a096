{{head}}
# The user, as an administrator of the cluster; prints its key. It must not be the bucket's owner, who may do everything.
radosgw-admin user create --uid={{user}} --display-name={{user}}

# The policy, as the bucket's owner. A bucket has one policy: this one names {{named}}
# and replaces what is there. Where another repository stands in the same bucket, put the statements of both into one.
{{purgerNote}}
aws --endpoint-url {{endpoint}} s3api get-bucket-policy --bucket {{bucket}} --query Policy --output text > bucket-policy.before.json
cat > bucket-policy.json <<'POLICY'
{{policy}}
POLICY
aws --endpoint-url {{endpoint}} s3api put-bucket-policy --bucket {{bucket}} --policy file://bucket-policy.json
