/** What holds of `retention` where the file does not say. */
export const retentionDefaults = {
  "group-by": "host,paths",
  "time-zone": "UTC",
  "check-read-data-runs": 30,
  "check-max-age": "35d",
  "burst-limit": 3,
  "clock-tolerance": "1h",
  "size-factor": 3,
} as const;
