{{head}}
# Run this with a key of the whole account (b2 account authorize). It prints the new key: its id is the access key, what
# follows the secret. Settings of the bucket are changed with a key of the whole account only, also for the rescuer.
b2 key create --bucket {{bucket}} {{namePrefixFlag}}{{user}} {{capabilities}}
