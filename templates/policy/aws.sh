{{head}}
# Run this as whoever administers the account's users, away from the host that gets the key.
cat > {{user}}.json <<'POLICY'
{{policy}}
POLICY
aws iam create-user --user-name {{user}}
arn=$(aws iam create-policy --policy-name {{user}} --policy-document file://{{user}}.json --query Policy.Arn --output text)
aws iam attach-user-policy --user-name {{user}} --policy-arn "$arn"
# Prints the key, once:
aws iam create-access-key --user-name {{user}}
