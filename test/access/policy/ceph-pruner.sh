# The pruner's key for backups/home on Ceph RGW. It may: see which objects there are; read the repository; add backups
# (data/, index/, snapshots/, locks/); hide what is pruned.
# It sees the names of what else stands in the bucket, and nothing more of it.
# Holdfast's tests apply these rights to the real store.
# The user, as an administrator of the cluster; prints its key. It must not be the bucket's owner, who may do everything.
radosgw-admin user create --uid=home-pruner --display-name=home-pruner

# The policy, as the bucket's owner. A bucket has one policy: this one names home-monitor, home-writer, home-pruner, home-rescuer
# and replaces what is there. Where another repository stands in the same bucket, put the statements of both into one.
# It names no purger, for lifecycle rules do that work here; the policy that names one: holdfast policy purger home
aws --endpoint-url https://s3.example.org s3api get-bucket-policy --bucket backups --query Policy --output text > bucket-policy.before.json
cat > bucket-policy.json <<'POLICY'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "MonitorListVersions",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-monitor"]
      },
      "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
      "Resource": ["arn:aws:s3:::backups"],
      "Condition": {
        "StringLike": {
          "s3:prefix": ["home/*"]
        }
      }
    },
    {
      "Sid": "MonitorReadTheSettingsOfTheBucket",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-monitor"]
      },
      "Action": [
        "s3:GetBucketLocation",
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketAcl",
        "s3:GetReplicationConfiguration",
        "s3:GetBucketLogging",
        "s3:GetBucketNotification"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "MonitorNeverDestroy",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-monitor"]
      },
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
      "Sid": "MonitorNeverChangeTheBucket",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-monitor"]
      },
      "Action": [
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketLogging",
        "s3:PutBucketNotification",
        "s3:PutBucketAcl",
        "s3:DeleteBucket"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "WriterSeeWhichObjectsThereAre",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-writer"]
      },
      "Action": [
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "WriterReadTheRepository",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-writer"]
      },
      "Action": ["s3:GetObject"],
      "Resource": ["arn:aws:s3:::backups/home/*"]
    },
    {
      "Sid": "WriterAddBackups",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-writer"]
      },
      "Action": ["s3:PutObject"],
      "Resource": [
        "arn:aws:s3:::backups/home/data/*",
        "arn:aws:s3:::backups/home/index/*",
        "arn:aws:s3:::backups/home/snapshots/*",
        "arn:aws:s3:::backups/home/locks/*"
      ]
    },
    {
      "Sid": "WriterRemoveLocks",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-writer"]
      },
      "Action": ["s3:DeleteObject"],
      "Resource": ["arn:aws:s3:::backups/home/locks/*"]
    },
    {
      "Sid": "WriterNeverDestroy",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-writer"]
      },
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
      "Sid": "WriterNeverChangeTheBucket",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-writer"]
      },
      "Action": [
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketLogging",
        "s3:PutBucketNotification",
        "s3:PutBucketAcl",
        "s3:DeleteBucket"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "PrunerSeeWhichObjectsThereAre",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-pruner"]
      },
      "Action": [
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "PrunerReadTheRepository",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-pruner"]
      },
      "Action": ["s3:GetObject"],
      "Resource": ["arn:aws:s3:::backups/home/*"]
    },
    {
      "Sid": "PrunerAddBackups",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-pruner"]
      },
      "Action": ["s3:PutObject"],
      "Resource": [
        "arn:aws:s3:::backups/home/data/*",
        "arn:aws:s3:::backups/home/index/*",
        "arn:aws:s3:::backups/home/snapshots/*",
        "arn:aws:s3:::backups/home/locks/*"
      ]
    },
    {
      "Sid": "PrunerHideWhatIsPruned",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-pruner"]
      },
      "Action": ["s3:DeleteObject"],
      "Resource": ["arn:aws:s3:::backups/home/*"]
    },
    {
      "Sid": "PrunerSendBatchDeletes",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-pruner"]
      },
      "Action": ["s3:DeleteObject"],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "PrunerNeverDestroy",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-pruner"]
      },
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
      "Sid": "PrunerNeverChangeTheBucket",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-pruner"]
      },
      "Action": [
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketLogging",
        "s3:PutBucketNotification",
        "s3:PutBucketAcl",
        "s3:DeleteBucket"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "RescuerListEveryVersionAndUpload",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-rescuer"]
      },
      "Action": [
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:ListBucketMultipartUploads"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "RescuerReadEveryVersion",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-rescuer"]
      },
      "Action": ["s3:GetObject", "s3:GetObjectVersion"],
      "Resource": ["arn:aws:s3:::backups/home/*"]
    },
    {
      "Sid": "RescuerCopyVersionsForwardAndHideWhatCameLater",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-rescuer"]
      },
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
      "Sid": "RescuerLiftDeleteMarkers",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-rescuer"]
      },
      "Action": ["s3:DeleteObjectVersion"],
      "Resource": ["arn:aws:s3:::backups/home/*"]
    },
    {
      "Sid": "RescuerReadAndChangeTheSettingsOfTheBucket",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-rescuer"]
      },
      "Action": [
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketAcl",
        "s3:GetReplicationConfiguration",
        "s3:GetBucketLogging",
        "s3:GetBucketNotification",
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketLogging",
        "s3:PutBucketNotification"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "RescuerSendBatchDeletes",
      "Effect": "Allow",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-rescuer"]
      },
      "Action": ["s3:DeleteObject"],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "RescuerNeverDestroy",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-rescuer"]
      },
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
      "Sid": "RescuerNeverChangeTheBucket",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/home-rescuer"]
      },
      "Action": ["s3:PutBucketAcl", "s3:DeleteBucket"],
      "Resource": ["arn:aws:s3:::backups"]
    }
  ]
}
POLICY
aws --endpoint-url https://s3.example.org s3api put-bucket-policy --bucket backups --policy file://bucket-policy.json

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

# Then try what the key can do: holdfast audit home --role pruner
