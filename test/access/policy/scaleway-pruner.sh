# The pruner's key for backups/home on Scaleway. It may: see which objects there are; read the repository; add backups
# (data/, index/, snapshots/, locks/); hide what is pruned.
# It sees the names of what else stands in the bucket, and nothing more of it.
# Made from documentation, not tried on Scaleway: read it before you run it, and audit the key.
# Run this as the owner of the organisation, who stays able to put and delete the policy. Everybody else whom it does not name
# loses the bucket. Keep the bucket in a project of its own: IAM opens every bucket of a project that has no policy. The
# bucket's policy itself is not among the rights that it can give, so the rescuer neither reads nor changes it.
: "${SCW_DEFAULT_PROJECT_ID:?set it to the project of the bucket}"
application() {
  id=$(scw iam application list name="$1" -o json | jq -r '.[0].id // empty')
  [ -n "$id" ] || id=$(scw iam application create name="$1" -o json | jq -r .id)
  printf %s "$id"
}
for role in monitor writer pruner rescuer; do eval "$role=\$(application home-$role)"; done
scw iam policy create name=home-pruner application-id="$pruner" rules.0.project-ids.0="$SCW_DEFAULT_PROJECT_ID" rules.0.permission-set-names.0=ObjectStorageBucketsRead rules.0.permission-set-names.1=ObjectStorageObjectsRead rules.0.permission-set-names.2=ObjectStorageObjectsWrite rules.0.permission-set-names.3=ObjectStorageObjectsDelete
# Prints the key, once:
scw iam api-key create application-id="$pruner" default-project-id="$SCW_DEFAULT_PROJECT_ID"

# A bucket has one policy: this one names home-monitor, home-writer, home-pruner, home-rescuer
# and replaces what is there. Where another repository stands in the same bucket, put the statements of both into one.
# It names no purger, for lifecycle rules do that work here; the policy that names one: holdfast policy purger home
aws --endpoint-url https://s3.example.org s3api get-bucket-policy --bucket backups --query Policy --output text > bucket-policy.before.json
cat > bucket-policy.json <<POLICY
{
  "Version": "2023-04-17",
  "Statement": [
    {
      "Sid": "MonitorListVersions",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${monitor}"]
      },
      "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
      "Resource": ["backups"]
    },
    {
      "Sid": "MonitorReadTheSettingsOfTheBucket",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${monitor}"]
      },
      "Action": [
        "s3:GetBucketLocation",
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketAcl"
      ],
      "Resource": ["backups"]
    },
    {
      "Sid": "WriterSeeWhichObjectsThereAre",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${writer}"]
      },
      "Action": [
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration"
      ],
      "Resource": ["backups"]
    },
    {
      "Sid": "WriterReadTheRepository",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${writer}"]
      },
      "Action": ["s3:GetObject"],
      "Resource": ["backups/home/*"]
    },
    {
      "Sid": "WriterAddBackups",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${writer}"]
      },
      "Action": ["s3:PutObject"],
      "Resource": [
        "backups/home/data/*",
        "backups/home/index/*",
        "backups/home/snapshots/*",
        "backups/home/locks/*"
      ]
    },
    {
      "Sid": "WriterRemoveLocks",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${writer}"]
      },
      "Action": ["s3:DeleteObject"],
      "Resource": ["backups/home/locks/*"]
    },
    {
      "Sid": "PrunerSeeWhichObjectsThereAre",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${pruner}"]
      },
      "Action": [
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration"
      ],
      "Resource": ["backups"]
    },
    {
      "Sid": "PrunerReadTheRepository",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${pruner}"]
      },
      "Action": ["s3:GetObject"],
      "Resource": ["backups/home/*"]
    },
    {
      "Sid": "PrunerAddBackups",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${pruner}"]
      },
      "Action": ["s3:PutObject"],
      "Resource": [
        "backups/home/data/*",
        "backups/home/index/*",
        "backups/home/snapshots/*",
        "backups/home/locks/*"
      ]
    },
    {
      "Sid": "PrunerHideWhatIsPruned",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${pruner}"]
      },
      "Action": ["s3:DeleteObject"],
      "Resource": ["backups/home/*"]
    },
    {
      "Sid": "RescuerListEveryVersionAndUpload",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${rescuer}"]
      },
      "Action": [
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:ListBucketMultipartUploads"
      ],
      "Resource": ["backups"]
    },
    {
      "Sid": "RescuerReadEveryVersion",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${rescuer}"]
      },
      "Action": ["s3:GetObject", "s3:GetObjectVersion"],
      "Resource": ["backups/home/*"]
    },
    {
      "Sid": "RescuerCopyVersionsForwardAndHideWhatCameLater",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${rescuer}"]
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
      "Resource": ["backups/home/*"]
    },
    {
      "Sid": "RescuerLiftDeleteMarkers",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${rescuer}"]
      },
      "Action": ["s3:DeleteObjectVersion"],
      "Resource": ["backups/home/*"]
    },
    {
      "Sid": "RescuerReadAndChangeTheSettingsOfTheBucket",
      "Effect": "Allow",
      "Principal": {
        "SCW": ["application_id:${rescuer}"]
      },
      "Action": [
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketAcl",
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketObjectLockConfiguration"
      ],
      "Resource": ["backups"]
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

# Then try what the key can do: holdfast audit home --role pruner
