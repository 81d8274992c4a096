/**
 * How long a lock speaks for a restic at work, in milliseconds: it renews its own every 5 minutes and calls one stale after
 * 30 (restic internal/repository, StaleLockTimeout).
 */
export const lockLifetime = 30 * 60_000;
