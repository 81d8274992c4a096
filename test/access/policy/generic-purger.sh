# The purger's key for backups/home on an S3 store. It may: list versions; read the settings of the bucket; destroy old
# versions.
# There are no finer rights there, so whoever holds this key can also: lift delete markers in all of the repository.
# Made from documentation, not tried on an S3 store: read it before you run it, and audit the key.
# This is the form of AWS. Nothing is known of this store: it may not know a name, may ignore a denial, or may give a key
# more than its policy says. Name its make if you know it (--provider ceph, minio, seaweedfs, versity, …).
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
# Give home-purger.json to a user of its own in the way of the store. Where it takes AWS's IAM calls:
#   aws --endpoint-url https://s3.example.org iam create-user --user-name home-purger
#   aws --endpoint-url https://s3.example.org iam put-user-policy --user-name home-purger --policy-name home-purger --policy-document file://home-purger.json
#   aws --endpoint-url https://s3.example.org iam create-access-key --user-name home-purger

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

# Then try what the key can do: holdfast audit home --role purger
