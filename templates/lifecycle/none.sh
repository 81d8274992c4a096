# This store has no lifecycle rules: versions that are no longer current stay, and pile up, until somebody destroys them.
# Watch the size of the bucket.
