import { describe, expect, it, onTestFinished } from "vitest";
import { attempts } from "../../src/access/attempts.ts";
import { roles, type Role } from "../../src/base/role.ts";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { nginxIsHere, startGuard } from "../stores/nginx-guard.ts";
import { realStores } from "../stores/real-stores.ts";
import { audit, grantedKey, makeAuditedBucket, ownersKey } from "./audited.ts";
import { duringTheTests } from "./real-store.ts";

const [ceph, minio] = realStores();

const lockAttempts = ["lock a version", "bypass retention"];

/**
 * What came of every attempt with every role's key, as `holdfast policy` grants it; docs/keys.md tells it. Locks are tried
 * in a bucket that can lock, where MinIO answers some of the others differently.
 */
async function seen(local: LocalStore, reach: (role: Role) => LocalStore): Promise<string> {
  const got: Record<string, Record<string, string>> = {};
  for (const lockable of [false, true]) {
    const bucket = await makeAuditedBucket(local, { lockable });
    for (const role of roles) {
      const key = await grantedKey({ ...bucket, local: reach(role) }, role);
      const checks = await audit(bucket, role === "rescuer" ? [key] : [key, ownersKey(bucket)]);
      for (const check of checks) {
        if (lockAttempts.includes(check.attempt) !== lockable) continue;
        got[check.attempt] = { ...got[check.attempt], [role]: check.got };
      }
    }
  }
  const inOrder = Object.fromEntries(attempts.map(({ name }) => [name, got[name]]));
  return `${JSON.stringify(inOrder, null, 2)}\n`;
}

describe.skipIf(!ceph.isHere)("what the audit sees on Ceph RGW", () => {
  const local = duringTheTests(ceph);
  it("is what docs/keys.md says", { timeout: 120_000 }, async () => {
    await expect(await seen(local(), local)).toMatchFileSnapshot("../access/seen/ceph.json");
  });
});

describe.skipIf(!minio.isHere)("what the audit sees on MinIO", () => {
  const local = duringTheTests(minio);
  it("is what docs/keys.md says", { timeout: 120_000 }, async () => {
    await expect(await seen(local(), local)).toMatchFileSnapshot("../access/seen/minio.json");
  });

  it.skipIf(!nginxIsHere())("is what docs/keys.md says of it behind the guard", { timeout: 120_000 }, async () => {
    const guard = await startGuard(local());
    onTestFinished(async () => await guard.stop());
    const reach = (role: Role): LocalStore =>
      role === "rescuer" || role === "purger" ? guard.rescuer : guard.everyone;
    await expect(await seen(local(), reach)).toMatchFileSnapshot("../access/seen/minio-guard.json");
  });
});
