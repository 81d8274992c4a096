import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { firstStored } from "../../src/retention/first-stored.ts";
import { lookAt, type ListedSnapshot, type LookRequest } from "../../src/retention/look.ts";
import { overwrittenData } from "../../src/retention/overwritten.ts";
import { emptyRecord, withLook } from "../../src/retention/record.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { sha256 } from "../doubles/memory-repository.ts";
import { Scene } from "../doubles/scene.ts";
import { denying, storeFailure, storeWith } from "../doubles/store-doubles.ts";
import { timed } from "./sample-settings.ts";

const hour = 3_600_000;
const { signal } = new AbortController();
const content = "a snapshot, as restic seals it";
const id = sha256(content);
const key = objectKey(`home/snapshots/${id}`);

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function monitors(store: PurgingStore): PurgingStore {
  const refusal = storeFailure("store-denied", "the store refused the key (AccessDenied)");
  return storeWith(store, { read: async () => await Promise.reject(refusal) });
}

/** A bucket to which an hour passes after each write. */
async function written(...writes: readonly (readonly [place: string, text: string | null])[]): Promise<Scene> {
  const scene = new Scene();
  for (const [place, text] of writes) {
    if (text === null) await scene.bucket.hide([objectKey(place)]);
    else await scene.bucket.put(objectKey(place), bytes(text));
    scene.clock.pass(hour);
  }
  return scene;
}

/** How many hours after the first write of `written`. */
function hoursOf(scene: Scene, writes: number, instant: Instant | undefined): number | null {
  return instant === undefined ? null : (instant - scene.clock.now()) / hour + writes;
}

describe("firstStored()", () => {
  it("goes by the first version, however often it was hidden and copied forward", async () => {
    const scene = await written([key, content], [key, null], [key, content], [key, content]);
    expect(hoursOf(scene, 4, (await firstStored(scene.bucket, "home/")).get(id))).toBe(0);
  });

  it("tells of hidden ones too, so that what a copy replaces keeps its date", async () => {
    const scene = await written([key, content], [key, null]);
    expect(hoursOf(scene, 2, (await firstStored(scene.bucket, "home/")).get(id))).toBe(0);
  });

  it("does not take junk that was put under the name beforehand for the snapshot", async () => {
    const scene = await written([key, "junk"], [key, content], [key, content]);
    expect(hoursOf(scene, 3, (await firstStored(scene.bucket, "home/")).get(id))).toBe(1);
  });

  it("says nothing where versions differ and none can be proven, or none may be read", async () => {
    const scene = await written([key, "junk"], [key, "other"]);
    expect((await firstStored(scene.bucket, "home/")).has(id)).toBe(false);
    const proven = await written([key, "junk"], [key, content]);
    expect((await firstStored(monitors(proven.bucket), "home/")).has(id)).toBe(false);
  });

  it("needs to read nothing where all versions are alike", async () => {
    const scene = await written([key, content], [key, content]);
    expect(hoursOf(scene, 2, (await firstStored(monitors(scene.bucket), "home/")).get(id))).toBe(0);
  });
});

describe("overwrittenData()", () => {
  const pack = `home/data/${sha256("pack").slice(0, 2)}/${sha256("pack")}`;
  const count = async (scene: Scene, hoursAgo: number | null) =>
    await overwrittenData({
      store: scene.bucket,
      prefix: "home/",
      since: hoursAgo === null ? null : ((scene.clock.now() - hoursAgo * hour) as Instant),
      signal,
    });

  it("counts objects under which other bytes were put, and those of lately apart", async () => {
    const scene = await written([pack, "pack"], [pack, "ruin"], [key, content], [key, "ruin"], [key, content]);
    expect(await count(scene, null)).toEqual({ total: 2, lately: 2, example: pack });
    expect(await count(scene, 3)).toEqual({ total: 2, lately: 1, example: key });
    expect(await count(scene, 0)).toEqual({ total: 2, lately: 0, example: pack });
  });

  it("counts no twin that a retry or a rollback left, no lock and no config", async () => {
    const lock = `home/locks/${"1".repeat(64)}`;
    const scene = await written(
      [pack, "pack"],
      [pack, null],
      [pack, "pack"],
      [lock, "a"],
      [lock, "b"],
      ["home/config", "1"],
      ["home/config", "2"],
    );
    expect(await count(scene, null)).toEqual({ total: 0, lately: 0, example: null });
  });
});

describe("lookAt()", () => {
  const listed = (scene: Scene, fields: Partial<ListedSnapshot> = {}): ListedSnapshot => {
    const storedAt = (scene.clock.now() - hour) as Instant;
    return { ...timed("2026-11-20T03:00:00Z", { id }), storedAt, ...fields };
  };
  const request = (scene: Scene, changes: Partial<LookRequest> = {}): LookRequest => ({
    clock: scene.clock,
    signal,
    prefix: "home/",
    list: async () => await Promise.resolve([listed(scene)]),
    store: scene.bucket,
    history: scene.bucket,
    ...changes,
  });

  it("dates a snapshot by its first version after a rollback that copied it", async () => {
    const scene = await written([key, content], [key, "ruin"], [key, content]);
    const [snapshot] = (await lookAt(request(scene), null)).snapshots;
    expect(hoursOf(scene, 3, snapshot?.storedAt)).toBe(0);
  });

  it("dates it by the current object without a key that may list versions, and says so", async () => {
    const scene = await written([key, content], [key, "ruin"], [key, content]);
    const look = await lookAt(request(scene, { history: null }), null);
    expect(hoursOf(scene, 3, look.snapshots[0]?.storedAt)).toBe(2);
    const why = "needs the monitor's or the rescuer's key on this host";
    expect(look).toMatchObject({ overwritten: { kind: "unseen", why }, lifecycle: { kind: "unseen", why } });
  });

  it("goes on where the store refuses the listing of versions", async () => {
    const scene = await written([key, content]);
    const look = await lookAt(request(scene, { history: denying(scene.bucket, "listVersions") }), null);
    expect(look.overwritten).toEqual({ kind: "unseen", why: "the store refused the key (AccessDenied)" });
    expect(hoursOf(scene, 1, look.snapshots[0]?.storedAt)).toBe(0);
  });

  it("dates it no later than when this host first saw it", async () => {
    const scene = await written([key, content]);
    const seen = scene.clock.now();
    const record = withLook(emptyRecord, [id], seen);
    scene.clock.pass(9 * hour);
    const [snapshot] = (await lookAt(request(scene, { history: null }), record)).snapshots;
    expect(snapshot).toMatchObject({ storedAt: seen, firstSeen: seen });
  });

  it("follows a snapshot that replaces another to when that one was stored, as a word of its own", async () => {
    const scene = await written([key, content], [key, null]);
    const list = async () => await Promise.resolve([listed(scene, { id: "2".repeat(64), original: id })]);
    const [snapshot] = (await lookAt(request(scene, { list }), null)).snapshots;
    expect(hoursOf(scene, 2, snapshot?.originalStoredAt)).toBe(0);
    expect(hoursOf(scene, 2, snapshot?.storedAt)).toBe(1);
  });

  it("names every object under keys/ but Holdfast's own trials", async () => {
    const junk = "not-a-key";
    const scene = await written(
      [`home/keys/${"3".repeat(64)}`, "{}"],
      [`home/keys/${junk}`, "x"],
      ["home/keys/holdfast-canary-1", "x"],
    );
    expect((await lookAt(request(scene), null)).keys).toEqual(["3".repeat(64), junk]);
  });
});
