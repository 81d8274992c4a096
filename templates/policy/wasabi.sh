{{head}}
# Run this as whoever administers the account's users, away from the host that gets the key.
cat > {{user}}.json <<'POLICY'
{{policy}}
POLICY
iam='aws --endpoint-url https://iam.wasabisys.com iam'
$iam create-user --user-name {{user}}
arn=$($iam create-policy --policy-name {{user}} --policy-document file://{{user}}.json --query Policy.Arn --output text)
$iam attach-user-policy --user-name {{user}} --policy-arn "$arn"
# Prints the key, once:
$iam create-access-key --user-name {{user}}
