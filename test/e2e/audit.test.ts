import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { administerBucket } from "../../src/adapters/s3/bucket-administration.ts";
import { Secret } from "../../src/base/secret.ts";
import { lifecycleXml, readPolicy } from "../conformance/operator.ts";
import { operateBucket } from "../stores/bucket-operator.ts";
import { realStores, s3Access, type RunningStore } from "../stores/real-stores.ts";
import { bucketHistory, locksOf } from "./bad-input/bucket-history.ts";
import { expectFailure } from "./bad-input/expect-failure.ts";
import { storeWithoutVersions } from "./bad-input/relay.ts";
import { openHostWithRepository, openLonelyHost, type Host } from "./host.ts";

const [ceph, minio] = realStores();

describe.skipIf(!ceph.isHere)("holdfast audit on Ceph RGW", () => {
  const place = "audited/home";
  let running: RunningStore;
  let host: Host;
  beforeAll(async () => {
    running = await ceph.start();
    host = await openHostWithRepository(running.store, place);
  });
  afterAll(async () => {
    await host.remove();
    await running.stop();
  });
  const store = (): LocalStore => running.store;
  /** The rescuer beside the writer is a finding of its own. */
  const withoutRescuer = (): Host => host.with({ keys: keysOf(host, "writer", "pruner") });

  it("passes with the writer's and the pruner's key, a JSON line for each attempt, and leaves the repository as it was", async () => {
    const before = await rowsBeside(store(), place);
    const { code, lines, last, stdout } = await withoutRescuer().run(["--json", "audit", "home"]);
    expect(code, stdout).toBe(0);
    const checks = lines.filter(({ type }) => type === "check");
    expect(new Set(checks.map(({ role }) => role))).toEqual(new Set(["writer", "pruner"]));
    for (const check of checks) {
      expect(check).toMatchObject({ ok: true, cost: expect.any(String) as string, fix: null });
      expect(["allowed", "refused", "not tried"]).toContain(check["got"]);
    }
    const notTried = checks.filter(({ got }) => got === "not tried").length;
    const passed = checks.length - notTried;
    expect(last).toMatchObject({ type: "result", command: "audit", ok: true, passed, failed: 0, notTried });
    expect(await rowsBeside(store(), place)).toEqual(before);
    expect(await locksOf(store(), place)).toEqual([]);
  });

  it("says so in words, and what to type next", async () => {
    const { code, stdout } = await withoutRescuer().run(["audit", "--role", "writer"]);
    expect(code).toBe(0);
    expect(stdout).toContain("What a thief of the writer's key could do in audited/home");
    expect(stdout).not.toContain("pruner's key");
    expect(stdout).toMatch(/^ {2}destroy a version {8}refused$/m);
    expect(stdout).toMatch(/\nNext: {2}holdfast audit home --quick/);
  });

  it("tries two canaries with --quick", async () => {
    const { code, lines } = await withoutRescuer().run(["--json", "audit", "--role", "writer", "--quick"]);
    expect(code).toBe(0);
    const checks = lines.filter(({ type }) => type === "check");
    expect(checks.map(({ attempt }) => attempt)).toEqual(["overwrite for good", "destroy a version"]);
  });

  it("finds with the rescuer's key what is wrong with the bucket's settings, and exits 80", async () => {
    const owner = s3Access(store(), store().owner, place);
    const { location } = owner;
    await operateBucket(owner).putLifecycle(lifecycleXml({ prefix: "", days: 1 }));
    const rescuer = host.with({ keys: keysOf(host, "rescuer") });
    const found = await rescuer.run(["--json", "audit"]);
    expect(found.code).toBe(80);
    expect(findingsOf(found.lines)).toMatchObject({
      "lifecycle-shorter-than-window": "alarm",
      "policy-lets-in": "notice",
    });
    await administerBucket(owner).putPolicy(readPolicy(location.bucket));
    // The policy that lets everybody in grants the roles nothing any more, and the owner all.
    const open = await host.with({ keys: { rescuer: store().owner } }).run(["--json", "audit"]);
    expect(findingsOf(open.lines)).toMatchObject({ "policy-for-everybody": "alarm" });
    await store().makeKey({ role: "writer", bucket: location.bucket, prefix: location.prefix });
  });

  it("exits 80 where the writer has the bucket owner's key, names what it can do and the line to change", async () => {
    const owned = host.with({ keys: { writer: store().owner } });
    const { code, stdout } = await owned.run(["audit"]);
    expect(code).toBe(80);
    expect(stdout).toMatch(/^ {2}destroy a version {8}ALLOWED {4}\S/m);
    expect(stdout).toContain("take from the writer, or deny it, s3:DeleteObjectVersion on");
    expect(stdout).toContain("give the writer a user of its own");
    expect(stdout).toMatch(/\nNext: {2}holdfast policy writer home\n$/);
    // The owner could have deleted the bucket, suspended versioning and all the rest.
    expect((await bucketHistory(store(), place)).length).toBeGreaterThan(0);
    expect((await host.run(["snapshots"])).code).toBe(0);
  });

  it("ends with 77 where the store does not know the key, as nothing is proven then", async () => {
    const writer = { ...host.settings.keys.writer, accessKey: "AKIANOBODYKNOWSTHIS0" } as LocalStore["owner"];
    const { code, last } = await host.with({ keys: { writer } }).run(["--json", "audit"]);
    expect(code).toBe(77);
    expect(last).toMatchObject({ type: "failure", kind: "store-denied" });
  });

  it("refuses a bucket without versions with 81, and says what to do", async () => {
    const plain = "plain/home";
    await administerBucket(s3Access(store(), store().owner, plain)).createBucket();
    const bare = openLonelyHost({
      location: `s3:${store().endpoint}/${plain}`,
      provider: "ceph",
      keys: { writer: store().owner },
    });
    const { code, last } = await bare.run(["--json", "audit"]);
    await bare.remove();
    expect(code).toBe(81);
    expect(last).toMatchObject({
      kind: "refused",
      subject: plain,
      problem: expect.stringContaining("no versions here") as string,
      hint: expect.stringContaining("turn the bucket's versioning on") as string,
    });
  });
});

describe("holdfast audit on a store that keeps no versions", () => {
  it.each(["garage", "generic"])("says so with 81, and what to do instead: %s", async (provider) => {
    const relay = await storeWithoutVersions();
    onTestFinished(async () => await relay.close());
    const writer = { accessKey: "GK0123", secretKey: new Secret("a secret"), sessionToken: null };
    const host = openLonelyHost({ location: `s3:${relay.endpoint}/backups/home`, provider, keys: { writer } });
    onTestFinished(async () => await host.remove());
    await expectFailure(
      host,
      { words: ["audit"] },
      {
        kind: "refused",
        exit: 81,
        subject: "backups/home",
        problem: "there are no versions here",
        hint: "rest-server --append-only",
      },
    );
  });
});

describe.skipIf(!minio.isHere)("holdfast audit on MinIO", () => {
  let running: RunningStore;
  let host: Host;
  beforeAll(async () => {
    running = await minio.start();
    host = await openHostWithRepository(running.store, "audited/home");
  });
  afterAll(async () => {
    await host.remove();
    await running.stop();
  });

  it("exits 80 with the holes that no policy closes, says what does, and leaves no canary where the rescuer's key is", async () => {
    const before = await bucketHistory(running.store, "audited/home");
    const { code, stdout } = await host.run(["audit", "--role", "writer"]);
    expect(code).toBe(80);
    expect(stdout).toMatch(/^ {2}snowball upload {10}ALLOWED {4}/m);
    expect(stdout).toContain("put templates/minio-guard in front of it");
    expect(await bucketHistory(running.store, "audited/home")).toEqual(before);
  });
});

function keysOf(host: Host, ...roles: readonly (keyof Host["settings"]["keys"])[]): Host["settings"]["keys"] {
  return Object.fromEntries(
    Object.entries(host.settings.keys).filter(([role]) => (roles as readonly string[]).includes(role)),
  );
}

function findingsOf(lines: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> {
  const told = lines.filter(({ type }) => type === "finding");
  return Object.fromEntries(told.map(({ rule, severity }): [string, unknown] => [String(rule), severity]));
}

/** Every row but those of canaries. */
async function rowsBeside(store: LocalStore, place: string): Promise<readonly string[]> {
  return (await bucketHistory(store, place)).filter((row) => !row.includes("holdfast-canary"));
}
