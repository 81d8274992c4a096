import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { LocalKey } from "../../../src/adapters/local-store/local-store.ts";
import { keyFromSts } from "../../../src/adapters/local-store/minio.ts";
import { Secret } from "../../../src/base/secret.ts";
import { realStores, type RunningStore } from "../../stores/real-stores.ts";
import { openHostWithRepository, type Host } from "../host.ts";
import { expectFailure } from "./expect-failure.ts";

const [, minio] = realStores();
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What MinIO itself would have given an hour and more ago: a token signed by its owner that has run out. */
function expired({ accessKey, secretKey }: LocalKey, owner: LocalKey): LocalKey {
  const claims = { accessKey, exp: Math.floor(Date.now() / 1000) - 3600, parent: owner.accessKey };
  const unsigned = `${base64({ alg: "HS512", typ: "JWT" })}.${base64(claims)}`;
  const signature = createHmac("sha512", owner.secretKey.reveal()).update(unsigned).digest("base64url");
  return { accessKey, secretKey, sessionToken: new Secret(`${unsigned}.${signature}`) };
}

describe.skipIf(!minio.isHere)("a session token that the store does not take", () => {
  let running: RunningStore;
  let host: Host;
  beforeAll(async () => {
    running = await minio.start();
    const permanent = await openHostWithRepository(running.store, "backups/home");
    const { endpoint, owner } = running.store;
    const roles = ["writer", "pruner", "rescuer"] as const;
    const made = roles.map(async (role) => {
      return [role, await keyFromSts(endpoint, owner, { role, bucket: "backups", prefix: "home/" })] as const;
    });
    host = permanent.with({ keys: Object.fromEntries(await Promise.all(made)) });
  });
  afterAll(async () => {
    await host.remove();
    await running.stop();
  });
  const withTokens = (change: (key: LocalKey) => LocalKey): Host => {
    const keys = Object.entries(host.settings.keys).map(([role, key]) => [role, change(key)] as const);
    return host.with({ keys: Object.fromEntries(keys) });
  };
  const commands = [["backup"], ["snapshots"], ["rollback", "plan", "--to", "1h-ago"]];

  it.each([
    ["is garbage", (key: LocalKey): LocalKey => ({ ...key, sessionToken: new Secret("hf.garbage.token") })],
    ["has expired", (key: LocalKey): LocalKey => expired(key, running.store.owner)],
  ])("%s: said with every restic, without showing it, and 77", async (_, change) => {
    const late = withTokens(change);
    expect(host.secrets.length).toBeGreaterThan(6);
    for (const restic of inject("restics")) {
      for (const words of restic === inject("restics").at(-1) ? commands : [["backup"]]) {
        await expectFailure(
          late,
          { words, restic },
          {
            kind: "store-denied",
            exit: 77,
            subject: /home/,
            problem: /session token/,
            hint: /session-token|new credentials/,
          },
        );
      }
    }
  });
});
