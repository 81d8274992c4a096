/** The names of the files in profiles/, best known first. */
export const knownProviders = [
  "aws",
  "b2",
  "ceph",
  "minio",
  "seaweedfs",
  "versity",
  "garage",
  "r2",
  "wasabi",
  "scaleway",
  "hetzner",
  "generic",
] as const;

export type ProviderName = (typeof knownProviders)[number];
