import { setTimeout } from "node:timers/promises";
import { createHash } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { MemoryStore } from "../../src/adapters/memory/memory-store.ts";
import { openClock } from "../../src/adapters/system-clock.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { Secret } from "../../src/base/secret.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import { accessDenied } from "../stores/fault.ts";
import { startImitatedS3 } from "../stores/imitated-s3.ts";
import { openLonelyHost, type Host } from "./host.ts";
import type { Run } from "./run-holdfast.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

interface Intruded {
  readonly store: MemoryStore;
  readonly host: Host;
  readonly plan: string;
  readonly markers: readonly string[];
}

async function markersOf(store: MemoryStore): Promise<readonly string[]> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions("home/")) rows.push(...page);
  return rows.filter(({ kind }) => kind === "marker").map(({ versionId }) => versionId);
}

async function rollback({ host }: Pick<Intruded, "host">, ...words: readonly string[]): Promise<Run> {
  return await host.run(["--yes", "rollback", ...words], { restic: "/nonexistent" });
}

/** A repository behind a server, and an instant at which it was whole. */
async function repository() {
  const store = new MemoryStore(openClock());
  const named = ["keys", "snapshots", "index"].map((folder) => {
    const hash = createHash("sha256").update(folder).digest("hex");
    return [objectKey(`home/${folder}/${hash}`), folder] as const;
  });
  for (const [key, text] of [[objectKey("home/config"), "config"] as const, ...named])
    await store.put(key, bytes(text));
  const server = await startImitatedS3({ buckets: { backups: store } });
  onTestFinished(async () => await server.stop());
  const secretKey = new Secret("the-secret-key-of-a-test");
  const host = openLonelyHost({
    location: `s3:${server.endpoint}/backups/home`,
    keys: { rescuer: { accessKey: "AKIAHOLDFASTTEST0001", secretKey, sessionToken: null } },
  });
  onTestFinished(async () => await host.remove());
  const to = new Date().toISOString();
  // The store dates by the same clock: what comes next has to come after T.
  while (Date.now() <= Date.parse(to)) await setTimeout(1);
  return { store, server, host, to, all: [objectKey("home/config"), ...named.map(([key]) => key)] };
}

/** Hidden as a whole, planned for with every marker to be kept, and written to by the intruder since. */
async function intruded(): Promise<Intruded> {
  const { store, host, to, all } = await repository();
  await store.hide(all);
  const planned = await rollback({ host }, "plan", "--to", to, "--keep-markers", "--json");
  expect(planned.last).toMatchObject({ ok: true, actions: { liftMarker: 0, copyVersion: 4 } });
  const markers = await markersOf(store);
  await store.put(objectKey("home/data/00/evil"), bytes("evil"));
  return { store, host, plan: String(planned.last["name"]), markers };
}

describe("holdfast rollback apply, on a bucket that changed since the plan", () => {
  it("plans anew with --accept changed in the way the plan was asked for: every marker stays", async () => {
    const scene = await intruded();
    expect((await rollback(scene, "apply", scene.plan)).code).toBe(83);
    const dry = await rollback(scene, "apply", scene.plan, "--accept", "changed", "--dry-run");
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain("would be planned anew  home/data/00/evil");
    const applied = await rollback(scene, "apply", scene.plan, "--accept", "changed");
    expect(applied.code).toBe(0);
    expect(applied.stdout).toContain(`planned anew as ${scene.plan}-2`);
    expect(await markersOf(scene.store)).toEqual(expect.arrayContaining([...scene.markers]));
    const verified = await rollback(scene, "verify", `${scene.plan}-2`, "--json");
    expect(verified.last).toMatchObject({ ok: true, differing: 0 });
  });

  it("asks anew whether the key may lift markers: the first plan had none to lift", async () => {
    const { store, server, host, to, all } = await repository();
    const name = String((await rollback({ host }, "plan", "--to", to, "--json")).last["name"]);
    await store.hide(all);
    server.setFaults(({ method, query, body }) =>
      (method === "DELETE" && query.has("versionId")) || body.includes("<VersionId>") ? accessDenied : null,
    );
    const applied = await rollback({ host }, "apply", name, "--accept", "changed", "--json");
    expect(applied.last).toMatchObject({ ok: true, done: 4, failed: 0 });
    expect(await markersOf(store)).toHaveLength(4);
  });

  it("says in JSON whether anything was written", async () => {
    const scene = await intruded();
    const apply = ["apply", scene.plan, "--accept", "changed", "--json"];
    expect((await rollback(scene, ...apply, "--dry-run")).last).toMatchObject({
      ok: true,
      dryRun: true,
      journal: null,
    });
    const applied = (await rollback(scene, ...apply)).last;
    expect(applied).toMatchObject({ ok: true, dryRun: false });
    const undo = ["undo", String(applied["plan"]), "--json"];
    expect((await rollback(scene, ...undo, "--dry-run")).last).toMatchObject({ ok: true, dryRun: true });
    expect((await rollback(scene, ...undo)).last).toMatchObject({ ok: true, dryRun: false });
    const again = await rollback(scene, ...undo);
    expect(again.last).toMatchObject({ ok: true, dryRun: false, done: 0, journal: null });
    await scene.store.put(objectKey("home/data/00/evil"), bytes("evil again"));
    const before = await markersOf(scene.store);
    expect((await rollback(scene, "apply", scene.plan)).code).toBe(81);
    expect(await markersOf(scene.store)).toEqual(before);
  });
});
