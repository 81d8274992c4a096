{{head}}
# This is the form of AWS. Nothing is known of this store: it may not know a name, may ignore a denial, or may give a key
# more than its policy says. Name its make if you know it (--provider ceph, minio, seaweedfs, versity, …).
cat > {{user}}.json <<'POLICY'
{{policy}}
POLICY
# Give {{user}}.json to a user of its own in the way of the store. Where it takes AWS's IAM calls:
#   aws --endpoint-url {{endpoint}} iam create-user --user-name {{user}}
#   aws --endpoint-url {{endpoint}} iam put-user-policy --user-name {{user}} --policy-name {{user}} --policy-document file://{{user}}.json
#   aws --endpoint-url {{endpoint}} iam create-access-key --user-name {{user}}
