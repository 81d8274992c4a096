# Lifecycle: versions that are no longer current stay {{days}} days (recovery-window). The days count from an attack, not from
# its discovery. MinIO aborts open uploads after a day by itself. Look at the rules that are there first:
mc ilm rule ls "$ALIAS"/{{bucket}}
mc ilm rule add {{prefixFlag}}--noncurrent-expire-days {{days}} --expire-delete-marker "$ALIAS"/{{bucket}}
