# The writer's key for backups/home on Hetzner Object Storage. It may: see which objects there are; read the repository;
# add backups (data/, index/, snapshots/, locks/); remove locks (locks/).
# Made from documentation, not tried on Hetzner Object Storage: read it before you run it, and audit the key.
# Each S3 key of a project may do everything in all of its buckets, so this policy only takes away. Two things it cannot: a
# new key may do everything, and so may each of these keys in every other bucket of the project, and in other paths of this
# one. Keep one project, with one bucket, for one repository. That a principal is arn:aws:iam:::user/p<project>:<access key>
# is known from reports, not from Hetzner.
# Make a key for each role in the console, and set project, and for each role its access key (not the secret):
#   project=1234567 writer=… pruner=… rescuer=… monitor=…
: "${project:?the number of the project, from the address of its console}" "${writer:?the access key of the writer}"
for role in monitor writer pruner rescuer; do eval "$role=\${$role:-none}"; done

# A bucket has one policy: this one names home-monitor, home-writer, home-pruner, home-rescuer
# and replaces what is there. Put it with a key that it does not name.
# It names no purger, for lifecycle rules do that work here; the policy that names one: holdfast policy purger home
aws --endpoint-url https://s3.example.org s3api get-bucket-policy --bucket backups --query Policy --output text > bucket-policy.before.json
cat > bucket-policy.json <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "MonitorNeverAskTheBucketForMore",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${monitor}"]
      },
      "Action": [
        "s3:ListBucketMultipartUploads",
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketNotification",
        "s3:PutBucketAcl",
        "s3:DeleteBucket"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "MonitorNeverTouchMore",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${monitor}"]
      },
      "Action": [
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:GetObjectTagging",
        "s3:GetObjectVersionTagging",
        "s3:PutObjectTagging",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
        "s3:PutObjectAcl",
        "s3:PutObjectVersionAcl",
        "s3:PutObjectRetention",
        "s3:PutObjectLegalHold",
        "s3:BypassGovernanceRetention"
      ],
      "Resource": ["arn:aws:s3:::backups/*"]
    },
    {
      "Sid": "WriterNeverAskTheBucketForMore",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${writer}"]
      },
      "Action": [
        "s3:ListBucketVersions",
        "s3:ListBucketMultipartUploads",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketAcl",
        "s3:GetReplicationConfiguration",
        "s3:GetBucketNotification",
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketNotification",
        "s3:PutBucketAcl",
        "s3:DeleteBucket"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "WriterNeverTouchMore",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${writer}"]
      },
      "Action": [
        "s3:GetObjectVersion",
        "s3:GetObjectTagging",
        "s3:GetObjectVersionTagging",
        "s3:PutObjectTagging",
        "s3:DeleteObjectVersion",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
        "s3:PutObjectAcl",
        "s3:PutObjectVersionAcl",
        "s3:PutObjectRetention",
        "s3:PutObjectLegalHold",
        "s3:BypassGovernanceRetention"
      ],
      "Resource": ["arn:aws:s3:::backups/*"]
    },
    {
      "Sid": "WriterNeverPutElsewhere",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${writer}"]
      },
      "Action": ["s3:PutObject"],
      "Resource": [
        "arn:aws:s3:::backups/home/keys/*",
        "arn:aws:s3:::backups/home/config",
        "arn:aws:s3:::backups/home/holdfast-canary/*"
      ]
    },
    {
      "Sid": "WriterNeverHideElsewhere",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${writer}"]
      },
      "Action": ["s3:DeleteObject"],
      "Resource": [
        "arn:aws:s3:::backups/home/data/*",
        "arn:aws:s3:::backups/home/index/*",
        "arn:aws:s3:::backups/home/snapshots/*",
        "arn:aws:s3:::backups/home/keys/*",
        "arn:aws:s3:::backups/home/config",
        "arn:aws:s3:::backups/home/holdfast-canary/*"
      ]
    },
    {
      "Sid": "PrunerNeverAskTheBucketForMore",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${pruner}"]
      },
      "Action": [
        "s3:ListBucketVersions",
        "s3:ListBucketMultipartUploads",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketAcl",
        "s3:GetReplicationConfiguration",
        "s3:GetBucketNotification",
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutBucketNotification",
        "s3:PutBucketAcl",
        "s3:DeleteBucket"
      ],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "PrunerNeverTouchMore",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${pruner}"]
      },
      "Action": [
        "s3:GetObjectVersion",
        "s3:GetObjectTagging",
        "s3:GetObjectVersionTagging",
        "s3:PutObjectTagging",
        "s3:DeleteObjectVersion",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
        "s3:PutObjectAcl",
        "s3:PutObjectVersionAcl",
        "s3:PutObjectRetention",
        "s3:PutObjectLegalHold",
        "s3:BypassGovernanceRetention"
      ],
      "Resource": ["arn:aws:s3:::backups/*"]
    },
    {
      "Sid": "PrunerNeverPutElsewhere",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${pruner}"]
      },
      "Action": ["s3:PutObject"],
      "Resource": [
        "arn:aws:s3:::backups/home/keys/*",
        "arn:aws:s3:::backups/home/config",
        "arn:aws:s3:::backups/home/holdfast-canary/*"
      ]
    },
    {
      "Sid": "RescuerNeverAskTheBucketForMore",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${rescuer}"]
      },
      "Action": ["s3:PutBucketAcl", "s3:DeleteBucket"],
      "Resource": ["arn:aws:s3:::backups"]
    },
    {
      "Sid": "RescuerNeverTouchMore",
      "Effect": "Deny",
      "Principal": {
        "AWS": ["arn:aws:iam:::user/p${project}:${rescuer}"]
      },
      "Action": [
        "s3:PutObjectAcl",
        "s3:PutObjectVersionAcl",
        "s3:PutObjectRetention",
        "s3:PutObjectLegalHold",
        "s3:BypassGovernanceRetention"
      ],
      "Resource": ["arn:aws:s3:::backups/*"]
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

# Then try what the key can do: holdfast audit home --role writer
