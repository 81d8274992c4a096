# Lifecycle: hidden and overwritten versions stay {{days}} days (recovery-window). The days count from an attack, not from its
# discovery. This replaces the rules that are there; look first:
b2 bucket get {{bucket}}
b2 bucket update --lifecycle-rule {{rules}} {{bucket}} allPrivate
