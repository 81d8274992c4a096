import { describe } from "vitest";
import { realStores } from "../stores/real-stores.ts";
import { duringTheTests } from "./real-store.ts";
import { deniesAPutOntoAVersion, keepsRolesApart } from "./rights.ts";

const [ceph, minio] = realStores();

describe.skipIf(!ceph.isHere)("Ceph RGW", () => {
  keepsRolesApart(duringTheTests(ceph));
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
});
