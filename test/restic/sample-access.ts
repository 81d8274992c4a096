import { Secret } from "../../src/base/secret.ts";
import type { RepositoryAccess } from "../../src/restic/repository-access.ts";
import { parseResticVersion, type ResticVersion } from "../../src/restic/version.ts";

/** The secrets of `sampleAccess`, none of which may ever show. */
export const sampleSecrets = ["correct horse battery", "wJalrXUtnFEMI", "FwoGZXIvYXdz"] as const;

/** A repository with all that restic can be given: session token, region, path-style addressing. */
export function sampleAccess(changes: Partial<RepositoryAccess> = {}): RepositoryAccess {
  const [password, secretKey, token] = sampleSecrets;
  return {
    name: "home",
    location: {
      spelling: "s3:https://s3.example.org/backups/home",
      endpoint: "https://s3.example.org",
      bucket: "backups",
      prefix: "home/",
    },
    region: "eu-central-1",
    bucketLookup: "auto",
    caFile: null,
    password: new Secret(password),
    credentials: {
      role: "writer",
      accessKey: "AKIAIOSFODNN7EXAMPLE",
      secretKey: new Secret(secretKey),
      sessionToken: new Secret(token),
    },
    ...changes,
  };
}

export function release(text: string): ResticVersion {
  const version = parseResticVersion(`restic ${text} compiled with go1.19.8 on linux/amd64`);
  if (version === null) throw new RangeError(`${text} is no release`);
  return version;
}
