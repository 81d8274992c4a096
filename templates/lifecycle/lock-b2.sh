# Object lock, if you want it: each new version is kept {{days}} days even from a key with deleteFiles, and in compliance mode
# from the account's owner too. restic and Holdfast go on as before, for they only add versions and hide markers.
#   b2 bucket update --file-lock-enabled --default-retention-mode governance --default-retention-period "{{days}} days" {{bucket}} allPrivate
