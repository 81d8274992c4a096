# Lifecycle, as the bucket's owner: versions that are no longer current stay {{days}} days (recovery-window). The days count
# from an attack, not from its discovery. This replaces the rules that are there; look first:
aws --endpoint-url {{endpoint}} s3api get-bucket-lifecycle-configuration --bucket {{bucket}}
cat > lifecycle.json <<'RULES'
{{rules}}
RULES
aws --endpoint-url {{endpoint}} s3api put-bucket-lifecycle-configuration --bucket {{bucket}} --lifecycle-configuration file://lifecycle.json
