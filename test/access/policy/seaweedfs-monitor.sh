# The monitor's key for backups/home on SeaweedFS. It may: list versions; read the settings of the bucket.
# Made from documentation, not tried on SeaweedFS: read it before you run it, and audit the key.
# Release 4.44 or newer. Its own words Read, Write and Admin (s3.configure) are no substitute: Write destroys versions and
# changes the lifecycle. Whoever reaches the filer or the volumes past S3 can destroy everything: close those ports. Start it
# with -s3.allowDeleteBucketNotEmpty=false: else whoever may delete the bucket deletes it with all that is in it.
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
        "s3:GetBucketAcl",
        "s3:GetBucketNotification"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "NeverDestroy",
      "Effect": "Deny",
      "Action": [
        "s3:DeleteObjectVersion",
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
        "s3:PutBucketNotification",
        "s3:PutBucketAcl",
        "s3:DeleteBucket"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    }
  ]
}
POLICY
iam='aws --endpoint-url https://s3.example.org iam'
$iam create-user --user-name home-monitor
$iam put-user-policy --user-name home-monitor --policy-name home-monitor --policy-document file://home-monitor.json
# Prints the key, once:
$iam create-access-key --user-name home-monitor

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

# Then try what the key can do: holdfast audit home --role monitor
