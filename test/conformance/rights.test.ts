import { describe } from "vitest";
import { s3Lifecycle } from "../../src/access/policy/lifecycle.ts";
import { realStores } from "../stores/real-stores.ts";
import { duringTheTests } from "./real-store.ts";
import {
  deniesAPutOntoAVersion,
  keepsRolesApart,
  narrowsTheOwner,
  takesTheLifecycle,
  worksInALockedBucket,
} from "./rights.ts";

const [ceph, minio] = realStores();

describe.skipIf(!ceph.isHere)("Ceph RGW", () => {
  const local = duringTheTests(ceph);
  keepsRolesApart(local);
  takesTheLifecycle(local, s3Lifecycle({ prefix: "home/", days: 35 }, true));
  worksInALockedBucket(local);
  // It says nothing of what stands beside the repository.
  narrowsTheOwner(local, {
    "list the names beside the repository": "mwpur",
    "read beside the repository": "wpr",
    "put beside the repository": "wpr",
    "put under a name that only begins like it": "wpr",
    "hide beside the repository": "wpr",
  });
});

describe.skipIf(!minio.isHere)("MinIO", () => {
  const local = duringTheTests(minio);
  // Listing and reading versions comes with listing and reading, and DELETE with a version id asks for s3:DeleteObject.
  keepsRolesApart(local, {
    "list versions": "mwpur",
    "read an older version": "wpr",
    "hide a lock": "wpur",
    "hide a pack": "pur",
    "hide packs in a batch": "pur",
  });
  deniesAPutOntoAVersion(local);
  worksInALockedBucket(local);
  // What mc makes of its one command.
  const rule = {
    ID: "1",
    Status: "Enabled",
    Filter: { Prefix: "home/" },
    Expiration: { ExpiredObjectDeleteMarker: true },
    NoncurrentVersionExpiration: { NoncurrentDays: 35 },
  };
  takesTheLifecycle(local, JSON.stringify({ Rules: [rule] }));
});
