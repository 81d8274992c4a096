# The purger's key for backups/home on AWS S3. It may: list versions; read the settings of the bucket; destroy old
# versions.
# There are no finer rights there, so whoever holds this key can also: lift delete markers in all of the repository.
# Made from documentation, not tried on AWS S3: read it before you run it, and audit the key.
# Run this as whoever administers the account's users, away from the host that gets the key.
cat > home-purger.json <<'POLICY'
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
        "s3:GetBucketAcl",
        "s3:GetEncryptionConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:GetBucketLogging",
        "s3:GetBucketNotification"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "DestroyOldVersions",
      "Effect": "Allow",
      "Action": ["s3:DeleteObjectVersion"],
      "Resource": ["arn:aws:s3:::backups/home/*"]
    },
    {
      "Sid": "NeverDestroy",
      "Effect": "Deny",
      "Action": [
        "s3:PutObjectAcl",
        "s3:PutObjectVersionAcl",
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
        "s3:PutBucketLogging",
        "s3:PutBucketNotification",
        "s3:PutBucketAcl",
        "s3:DeleteBucket"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    }
  ]
}
POLICY
aws iam create-user --user-name home-purger
arn=$(aws iam create-policy --policy-name home-purger --policy-document file://home-purger.json --query Policy.Arn --output text)
aws iam attach-user-policy --user-name home-purger --policy-arn "$arn"
# Prints the key, once:
aws iam create-access-key --user-name home-purger

# Lifecycle, as the bucket's owner: versions that are no longer current stay 35 days (recovery-window). The days count
# from an attack, not from its discovery. This replaces the rules that are there; look first:
aws --endpoint-url https://s3.example.org s3api get-bucket-lifecycle-configuration --bucket backups
cat > lifecycle.json <<'RULES'
{
  "Rules": [
    {
      "ID": "holdfast-noncurrent",
      "Status": "Enabled",
      "Filter": {
        "Prefix": "home/"
      },
      "NoncurrentVersionExpiration": {
        "NoncurrentDays": 35
      },
      "AbortIncompleteMultipartUpload": {
        "DaysAfterInitiation": 7
      }
    },
    {
      "ID": "holdfast-markers",
      "Status": "Enabled",
      "Filter": {
        "Prefix": "home/"
      },
      "Expiration": {
        "ExpiredObjectDeleteMarker": true
      }
    }
  ]
}
RULES
aws --endpoint-url https://s3.example.org s3api put-bucket-lifecycle-configuration --bucket backups --lifecycle-configuration file://lifecycle.json

# Object lock, if you want it: each new version is kept 35 days even from the rescuer, and in COMPLIANCE mode from the
# owner too. restic and Holdfast go on as before, for they only add versions and delete markers. Most stores want it turned
# on when the bucket is made, and it costs what 35 days of versions take.
#   aws --endpoint-url https://s3.example.org s3api put-object-lock-configuration --bucket backups --object-lock-configuration \
#     '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":35}}}'

# Then try what the key can do: holdfast audit home --role purger
