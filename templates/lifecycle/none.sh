# This store has no lifecycle rules: versions that are no longer current stay, and pile up, until `holdfast purge`
# destroys them with the purger's key, from a timer on the trusted host.
