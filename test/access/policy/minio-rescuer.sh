# The rescuer's key for backups/home on MinIO. It may: list every version and upload; read every version; copy versions
# forward and hide what came later; lift delete markers; read and change the settings of the bucket.
# There are no finer rights there, so whoever holds this key can also: destroy versions in all of the repository.
# Holdfast's tests apply these rights to the real store.
# No policy closes these on MinIO: a key that may put can replace a version in place by a snowball upload, and forge dates;
# one that may delete can remove all versions of a path with a header. A guard in front refuses them: docs/keys.md.
cat > home-rescuer.json <<'POLICY'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ListEveryVersionAndUpload",
      "Effect": "Allow",
      "Action": [
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:ListBucketMultipartUploads"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "ReadEveryVersion",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:GetObjectVersion"],
      "Resource": ["arn:aws:s3:::backups/home/*"]
    },
    {
      "Sid": "CopyVersionsForwardAndHideWhatCameLater",
      "Effect": "Allow",
      "Action": [
        "s3:PutObject",
        "s3:GetObjectTagging",
        "s3:GetObjectVersionTagging",
        "s3:PutObjectTagging",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts"
      ],
      "Resource": ["arn:aws:s3:::backups/home/*"]
    },
    {
      "Sid": "LiftDeleteMarkers",
      "Effect": "Allow",
      "Action": ["s3:DeleteObjectVersion", "s3:DeleteObject"],
      "Resource": ["arn:aws:s3:::backups/home/*"]
    },
    {
      "Sid": "ReadAndChangeTheSettingsOfTheBucket",
      "Effect": "Allow",
      "Action": [
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus",
        "s3:GetEncryptionConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:GetBucketNotification",
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutEncryptionConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketNotification"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "NeverDestroy",
      "Effect": "Deny",
      "Action": [
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
      "Action": ["s3:DeleteBucket", "s3:ForceDeleteBucket"],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "NoEncryptionKeyOfItsOwn",
      "Effect": "Deny",
      "Action": ["s3:PutObject"],
      "Resource": ["arn:aws:s3:::backups/*"],
      "Condition": {
        "Null": {
          "s3:x-amz-server-side-encryption-customer-algorithm": "false"
        }
      }
    }
  ]
}
POLICY
: "${ALIAS:?set it to what mc calls this server: ALIAS=backups, after mc alias set backups https://s3.example.org}"
mc admin policy create "$ALIAS" home-rescuer home-rescuer.json
# Asks for the secret of the new key, which you choose; its access key is home-rescuer.
mc admin user add "$ALIAS" home-rescuer
mc admin policy attach "$ALIAS" home-rescuer --user home-rescuer

# Lifecycle: versions that are no longer current stay 35 days (recovery-window). The days count from an attack, not from
# its discovery. MinIO aborts open uploads after a day by itself. Look at the rules that are there first:
mc ilm rule ls "$ALIAS"/backups
mc ilm rule add --prefix home/ --noncurrent-expire-days 35 --expire-delete-marker "$ALIAS"/backups

# Object lock, if you want it: each new version is kept 35 days. The bucket must be made with it (mc mb --with-lock). Only
# COMPLIANCE keeps a version from being replaced in place, and not from a snowball upload: the guard is needed all the same.
#   mc retention set --default COMPLIANCE 35d "$ALIAS"/backups

# Then try what the key can do: holdfast audit home --role rescuer
