# The monitor's key for backups/home on MinIO. It may: list versions; read the settings of the bucket.
# Holdfast's tests apply these rights to the real store.
# No policy closes these on MinIO: a key that may put can replace a version in place by a snowball upload, and forge dates;
# one that may delete can remove all versions of a path with a header. A guard in front refuses them: docs/keys.md.
cat > home-monitor.json <<'POLICY'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ListVersions",
      "Effect": "Allow",
      "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
      "Resource": ["arn:aws:s3:::backups"],
      "Condition": {
        "StringLike": {
          "s3:prefix": ["home/*"]
        }
      }
    },
    {
      "Sid": "ReadTheSettingsOfTheBucket",
      "Effect": "Allow",
      "Action": [
        "s3:GetBucketLocation",
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus",
        "s3:GetEncryptionConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:GetBucketNotification"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "NeverDestroy",
      "Effect": "Deny",
      "Action": [
        "s3:DeleteObjectVersion",
        "s3:DeleteObject",
        "s3:ReplicateObject",
        "s3:ReplicateDelete",
        "s3:ReplicateTags",
        "s3:PutObjectRetention",
        "s3:PutObjectLegalHold",
        "s3:BypassGovernanceRetention"
      ],
      "Resource": ["arn:aws:s3:::backups/*"]
    },
    {
      "Sid": "NeverChangeTheBucket",
      "Effect": "Deny",
      "Action": [
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutEncryptionConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketNotification",
        "s3:DeleteBucket",
        "s3:ForceDeleteBucket"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    }
  ]
}
POLICY
: "${ALIAS:?set it to what mc calls this server: ALIAS=backups, after mc alias set backups https://s3.example.org}"
mc admin policy create "$ALIAS" home-monitor home-monitor.json
# Asks for the secret of the new key, which you choose; its access key is home-monitor.
mc admin user add "$ALIAS" home-monitor
mc admin policy attach "$ALIAS" home-monitor --user home-monitor

# Lifecycle: versions that are no longer current stay 35 days (recovery-window). The days count from an attack, not from
# its discovery. MinIO aborts open uploads after a day by itself. Look at the rules that are there first:
mc ilm rule ls "$ALIAS"/backups
mc ilm rule add --prefix home/ --noncurrent-expire-days 35 --expire-delete-marker "$ALIAS"/backups

# Object lock, if you want it: each new version is kept 35 days. The bucket must be made with it (mc mb --with-lock). Only
# COMPLIANCE keeps a version from being replaced in place, and not from a snowball upload: the guard is needed all the same.
#   mc retention set --default COMPLIANCE 35d "$ALIAS"/backups

# Then try what the key can do: holdfast audit home --role monitor
