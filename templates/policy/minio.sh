{{head}}
# No policy closes these on MinIO: a key that may put can replace a version in place by a snowball upload, and forge dates;
# one that may delete can remove all versions of a path with a header. A guard in front refuses them: docs/keys.md.
cat > {{user}}.json <<'POLICY'
{{policy}}
POLICY
: "${ALIAS:?set it to what mc calls this server: ALIAS=backups, after mc alias set backups {{endpoint}}}"
mc admin policy create "$ALIAS" {{user}} {{user}}.json
# Asks for the secret of the new key, which you choose; its access key is {{user}}.
mc admin user add "$ALIAS" {{user}}
mc admin policy attach "$ALIAS" {{user}} --user {{user}}
