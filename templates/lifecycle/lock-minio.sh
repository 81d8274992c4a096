# Object lock, if you want it: each new version is kept {{days}} days. The bucket must be made with it (mc mb --with-lock). Only
# COMPLIANCE keeps a version from being replaced in place, and not from a snowball upload: the guard is needed all the same.
#   mc retention set --default COMPLIANCE {{days}}d "$ALIAS"/{{bucket}}
