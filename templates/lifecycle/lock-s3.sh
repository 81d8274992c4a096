# Object lock, if you want it: each new version is kept {{days}} days even from the rescuer, and in COMPLIANCE mode from the
# owner too. restic and Holdfast go on as before, for they only add versions and delete markers. Most stores want it turned
# on when the bucket is made, and it costs what {{days}} days of versions take.
#   aws --endpoint-url {{endpoint}} s3api put-object-lock-configuration --bucket {{bucket}} --object-lock-configuration \
#     '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":{{days}}}}}'
