# The writer's key for backups/home on MinIO. It may: see which objects there are; read the repository; add backups
# (data/, index/, snapshots/, locks/); remove locks (locks/).
# There are no finer rights there, so whoever holds this key can also: list versions in all of the bucket; read older
# versions in all of the repository.
# It sees the names of what else stands in the bucket, and nothing more of it.
# Holdfast's tests apply these rights to the real store.
# No policy closes these on MinIO: a key that may put can replace a version in place by a snowball upload, and forge dates;
# one that may delete can remove all versions of a path with a header. A guard in front refuses them: docs/keys.md.
cat > home-writer.json <<'POLICY'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "SeeWhichObjectsThereAre",
      "Effect": "Allow",
      "Action": [
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "ReadTheRepository",
      "Effect": "Allow",
      "Action": ["s3:GetObject"],
      "Resource": ["arn:aws:s3:::backups/home/*"]
    },
    {
      "Sid": "AddBackups",
      "Effect": "Allow",
      "Action": ["s3:PutObject"],
      "Resource": [
        "arn:aws:s3:::backups/home/data/*",
        "arn:aws:s3:::backups/home/index/*",
        "arn:aws:s3:::backups/home/snapshots/*",
        "arn:aws:s3:::backups/home/locks/*"
      ]
    },
    {
      "Sid": "RemoveLocks",
      "Effect": "Allow",
      "Action": ["s3:DeleteObject"],
      "Resource": ["arn:aws:s3:::backups/home/locks/*"]
    },
    {
      "Sid": "NeverDestroy",
      "Effect": "Deny",
      "Action": [
        "s3:DeleteObjectVersion",
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
    },
    {
      "Sid": "NoPutOntoAVersion",
      "Effect": "Deny",
      "Action": ["s3:PutObject"],
      "Resource": ["arn:aws:s3:::backups/*"],
      "Condition": {
        "StringLike": {
          "s3:versionid": ["?*"]
        }
      }
    }
  ]
}
POLICY
: "${ALIAS:?set it to what mc calls this server: ALIAS=backups, after mc alias set backups https://s3.example.org}"
mc admin policy create "$ALIAS" home-writer home-writer.json
# Asks for the secret of the new key, which you choose; its access key is home-writer.
mc admin user add "$ALIAS" home-writer
mc admin policy attach "$ALIAS" home-writer --user home-writer

# Lifecycle: versions that are no longer current stay 35 days (recovery-window). The days count from an attack, not from
# its discovery. MinIO aborts open uploads after a day by itself. Look at the rules that are there first:
mc ilm rule ls "$ALIAS"/backups
mc ilm rule add --prefix home/ --noncurrent-expire-days 35 --expire-delete-marker "$ALIAS"/backups

# Object lock, if you want it: each new version is kept 35 days. The bucket must be made with it (mc mb --with-lock). Only
# COMPLIANCE keeps a version from being replaced in place, and not from a snowball upload: the guard is needed all the same.
#   mc retention set --default COMPLIANCE 35d "$ALIAS"/backups

# Then try what the key can do: holdfast audit home --role writer
