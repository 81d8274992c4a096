# The rescuer's key for backups/home on Backblaze B2. It may: list every version and upload; read every version; copy
# versions forward and hide what came later; lift delete markers; read and change the settings of the bucket.
# There are no finer rights there, so whoever holds this key can also: destroy versions in all of the repository.
# Made from documentation, not tried on Backblaze B2: read it before you run it, and audit the key.
# Run this with a key of the whole account (b2 account authorize). It prints the new key: its id is the access key, what
# follows the secret. Settings of the bucket are changed with a key of the whole account only, also for the rescuer.
b2 key create --bucket backups --name-prefix home/ home-rescuer listBuckets,listFiles,readFiles,writeFiles,deleteFiles,readBucketRetentions,readBuckets,readBucketEncryption,readBucketReplications

# Lifecycle: hidden and overwritten versions stay 35 days (recovery-window). The days count from an attack, not from its
# discovery. This replaces the rules that are there; look first:
b2 bucket get backups
b2 bucket update --lifecycle-rule '{"fileNamePrefix":"home/","daysFromHidingToDeleting":35,"daysFromUploadingToHiding":null}' backups allPrivate

# Object lock, if you want it: each new version is kept 35 days even from a key with deleteFiles, and in compliance mode
# from the account's owner too. restic and Holdfast go on as before, for they only add versions and hide markers.
#   b2 bucket update --file-lock-enabled --default-retention-mode governance --default-retention-period "35 days" backups allPrivate

# Then try what the key can do: holdfast audit home --role rescuer
