import { afterEach, describe, expect, it } from "vitest";
import { openS3Store, type S3StoreOptions } from "../../src/adapters/s3/s3-store.ts";
import { parseInstant } from "../../src/base/instant.ts";
import type { Instant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import type { PlanRequest } from "../../src/rollback/plan-request.ts";
import type { RestorableStore } from "../../src/store/versioned-store.ts";
import { imitatedAccess, startImitatedS3, type ImitatedS3, type ImitatedS3Options } from "../stores/imitated-s3.ts";
import { failureOf, Scene, sha256 } from "./scene.ts";

/** The instant `second` seconds after the scenario began; T is second 20 throughout. */
function at(second: number): Instant {
  const instant = parseInstant(`2026-11-20T12:00:${second.toFixed(3).padStart(6, "0")}Z`);
  if (instant === null) throw new RangeError(`second ${second}`);
  return instant;
}
const T = at(20);

/** What happens to one key, oldest first: its content, or null for a delete marker, and its second. */
type Deeds = readonly (readonly [content: string | null, second: number])[];

const servers: ImitatedS3[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** A repository of long before, one pack of which has the history that a test gives it. */
class Trap {
  readonly scene = new Scene();
  readonly good = "the pack's right bytes";
  readonly key: ObjectKey = this.packOf(this.good);

  packOf(content: string): ObjectKey {
    const name = sha256(content);
    return this.scene.key(`data/${name.slice(0, 2)}/${name}`);
  }

  async begin(): Promise<void> {
    await this.scene.repository();
    while (this.scene.clock.now() < at(40)) this.scene.clock.pass(1);
  }

  history(key: ObjectKey, deeds: Deeds): void {
    for (const [index, [content, second]] of deeds.entries()) {
      const id = `${key.slice(-4)}-${index}`;
      this.scene.inject(key, { id, at: at(second), ...(content === null ? {} : { content }) });
    }
  }

  /** The same bucket over the wire, through the real adapter. */
  async overTheWire(
    options: Omit<ImitatedS3Options, "buckets"> = {},
    more: Partial<S3StoreOptions> = {},
  ): Promise<{ readonly store: RestorableStore; readonly server: ImitatedS3 }> {
    const server = await startImitatedS3({ buckets: { backups: this.scene.store }, ...options });
    servers.push(server);
    const store = openS3Store({ ...imitatedAccess(server, "backups/home"), clock: this.scene.clock, ...more });
    return { store, server };
  }

  /** Rolls back, looks that verify agrees and that a second run writes nothing, and tells what the keys show then. */
  async rolledBack(more: Partial<PlanRequest> = {}): Promise<Readonly<Record<string, string>>> {
    const { plan } = await this.scene.plan(T, more);
    const store = (more.store ?? this.scene.store) as RestorableStore;
    const versions = (await this.scene.rows()).filter((row) => row.kind === "version").map((row) => row.versionId);
    await this.scene.apply(plan, { store });
    expect((await this.scene.verify(plan, { store })).differing).toEqual([]);
    expect(await this.scene.apply(plan, { store })).toMatchObject({ done: 0, failed: 0 });
    const left = (await this.scene.rows()).map((row) => row.versionId);
    expect(left).toEqual(expect.arrayContaining(versions));
    return await this.scene.visible();
  }
}

async function trap(): Promise<Trap> {
  const made = new Trap();
  await made.begin();
  return made;
}

const junk = "junk of the thief";
const good = new Trap().good;

describe("the traps of point-in-time recovery, by what one key went through (T is second 20)", () => {
  it.each<[trap: string, deeds: Deeds, expected: string | null]>([
    [
      "3: PUT then DELETE in one second is absent",
      [
        [good, 10],
        [null, 10],
      ],
      null,
    ],
    [
      "3: the same where the marker is not the latest",
      [
        [good, 10],
        [null, 10],
        [junk, 30],
      ],
      null,
    ],
    [
      "4: DELETE then PUT in one second, overwritten later",
      [
        [null, 10],
        [good, 10],
        [junk, 30],
      ],
      good,
    ],
    [
      "5: of two PUTs in one second, neither latest, the newer counts",
      [
        ["older", 10],
        [good, 10],
        [junk, 30],
      ],
      good,
    ],
    [
      "6: a version dated exactly T is included",
      [
        [good, 20],
        [null, 30],
      ],
      good,
    ],
    ["6: one dated a millisecond after T is not", [[good, 20.001]], null],
    [
      "8: a newer version with an earlier date is still the newer",
      [
        ["older", 12],
        [good, 11],
        [junk, 30],
      ],
      good,
    ],
    [
      "10: an upload begun before T and completed after it",
      [
        [good, 10],
        [junk, 19],
      ],
      good,
    ],
    [
      "10: the same, then deleted",
      [
        [good, 10],
        [junk, 19],
        [null, 30],
      ],
      good,
    ],
    ["11: live at T, live now and untouched", [[good, 10]], good],
    [
      "11: live at T, deleted since",
      [
        [good, 10],
        [null, 30],
      ],
      good,
    ],
    [
      "11: live at T, deleted and written again with other bytes",
      [
        [good, 10],
        [null, 30],
        [junk, 31],
      ],
      good,
    ],
    [
      "11: live at T, overwritten and deleted",
      [
        [good, 10],
        [junk, 30],
        [null, 31],
      ],
      good,
    ],
    [
      "11: absent at T by a marker, live now",
      [
        ["older", 5],
        [null, 10],
        [junk, 30],
      ],
      null,
    ],
    [
      "11: absent at T by a marker and still",
      [
        [good, 5],
        [null, 10],
      ],
      null,
    ],
    [
      "11: absent at T, written and deleted since",
      [
        [junk, 30],
        [null, 31],
      ],
      null,
    ],
    ["12: written after T is hidden", [[junk, 30]], null],
    [
      "17: same size as the right one, dated long ago",
      [
        [good, 10],
        ["x".repeat(good.length), 9],
      ],
      good,
    ],
    [
      "19: written again with the right bytes since",
      [
        [good, 10],
        [junk, 30],
        [good, 31],
      ],
      good,
    ],
    [
      "22: many markers stacked above it",
      [[good, 10], ...Array.from({ length: 12 }, (_, n) => [null, 21 + n] as const)],
      good,
    ],
  ])("%s", async (_, deeds, expected) => {
    const made = await trap();
    made.history(made.key, deeds);
    expect((await made.rolledBack())[made.key] ?? null).toBe(expected);
  });

  it("7: a store that lists oldest first is told by its latest row, and the hash settles the rest", async () => {
    const made = await trap();
    made.history(made.key, [
      [good, 10],
      [junk, 15],
      [junk, 30],
    ]);
    const { store } = await made.overTheWire({ habits: { order: "oldest first" } });
    expect((await made.rolledBack({ store }))[made.key]).toBe(good);
  });

  it("9: a noncurrent version that shows when it was archived is found by its bytes", async () => {
    const made = await trap();
    made.history(made.key, [
      [good, 19],
      [junk, 19],
    ]);
    expect((await made.rolledBack({ order: "split" }))[made.key]).toBe(good);
  });

  it("13: a key of which only a marker of after T is left is named, not passed over", async () => {
    const made = await trap();
    made.history(made.key, [[null, 30]]);
    const { result, plan } = await made.scene.plan(T);
    expect(result).toMatchObject({ unrecoverable: 1, accept: ["unrecoverable"] });
    expect(plan.unrecoverable[0]).toMatchObject({
      key: made.key,
      reason: expect.stringMatching(/only a delete marker/) as string,
    });
    const failure = await failureOf(made.scene.apply(plan, { accepted: new Set() }));
    expect(failure.kind).toBe("refused");
  });

  it("14, 15: a suspended bucket is planned for, and nothing is written until versioning is on", async () => {
    const made = await trap();
    made.history(made.key, [[good, 10]]);
    made.scene.store.setVersioning("suspended");
    await made.scene.put(made.key, junk);
    const { plan, result } = await made.scene.plan(T);
    expect(result.actions.copyVersion).toBe(1);
    const before = await made.scene.rows();
    expect((await failureOf(made.scene.apply(plan))).kind).toBe("refused");
    expect(await made.scene.rows()).toEqual(before);
    made.scene.store.setVersioning("enabled");
    expect((await made.rolledBack())[made.key]).toBe(good);
    const kept = (await made.scene.rows()).filter((row) => row.key === made.key && row.kind === "version");
    expect(kept.length).toBeGreaterThanOrEqual(4);
  });

  it("19: a second attack after a rollback is rolled back like the first", async () => {
    const made = await trap();
    made.history(made.key, [
      [good, 10],
      [junk, 30],
    ]);
    await made.rolledBack();
    await made.scene.put(made.key, "the second attack");
    expect((await made.rolledBack())[made.key]).toBe(good);
  });

  it("28: keys that only begin like the prefix are not touched", async () => {
    const made = await trap();
    await made.scene.put(objectKey("home2/notes"), "not ours");
    await made.scene.put(objectKey("home-old"), "not ours");
    const before = (await made.scene.rows()).filter((row) => !row.key.startsWith("home/"));
    await made.rolledBack();
    expect((await made.scene.rows()).filter((row) => !row.key.startsWith("home/"))).toEqual(before);
  });
});

describe("the traps of point-in-time recovery, over the wire", () => {
  const manyVersions = Array.from({ length: 40 }, (_, n) => [`${junk} ${n}`, 30] as const);

  it("1: pages that hold nothing but delete markers end no listing", async () => {
    const made = await trap();
    const keys = Array.from({ length: 30 }, (_, n) => made.packOf(`pack ${n}`));
    for (const [n, key] of keys.entries())
      made.history(key, [
        [`pack ${n}`, 10],
        [null, 30],
        [null, 31],
        [null, 32],
      ]);
    const { store } = await made.overTheWire({}, { pageSize: 2 });
    const visible = await made.rolledBack({ store });
    expect(keys.map((key) => visible[key])).toEqual(keys.map((_, n) => `pack ${n}`));
  });

  it("2: a key with more versions than a page is read to its end", async () => {
    const made = await trap();
    made.history(made.key, [[good, 10], ...manyVersions]);
    const { store } = await made.overTheWire({}, { pageSize: 7 });
    expect((await made.rolledBack({ store }))[made.key]).toBe(good);
  });

  it("2: a store that names the key alone to go on from is refused, since the rest of that key may be passed over", async () => {
    const made = await trap();
    made.history(made.key, [[good, 10], ...manyVersions]);
    const { store } = await made.overTheWire({ habits: { next: "key alone" } }, { pageSize: 7 });
    expect((await failureOf(made.scene.plan(T, { store }))).kind).toBe("store-misbehaves");
  });

  it.each([["as asked"], ["ignored"], ["next key plain"]] as const)(
    "18, 26: hostile keys come back under encoding-type %s",
    async (encoding) => {
      const made = await trap();
      const hostile = ["a:", "a9", "a b+c%20", "x//y", "dots/../up", "ends/", "ü/ﬀ/😀", "amp&<>\"'", "semi;colon"];
      const keys = hostile.map((name) => made.scene.key(`notes/${name}`));
      for (const [n, key] of keys.entries())
        made.history(key, [
          [`note ${n}`, 10],
          [n % 2 === 0 ? null : junk, 30],
        ]);
      const absent = made.scene.key("notes/a9z:");
      made.history(absent, [
        [good, 5],
        [null, 10],
        [junk, 30],
      ]);
      const habits = encoding === "as asked" ? {} : { encoding };
      const { store } = await made.overTheWire({ habits }, { pageSize: 3 });
      const visible = await made.rolledBack({ store });
      expect(keys.map((key) => visible[key])).toEqual(keys.map((_, n) => `note ${n}`));
      expect(visible[absent]).toBeUndefined();
    },
  );

  it("23: a current version that only the thief's key can read does not have to be read", async () => {
    const made = await trap();
    made.history(made.key, [
      [good, 10],
      [junk, 30],
    ]);
    const { store } = await made.overTheWire({
      faults: ({ operation, query }) => {
        const isThiefs = operation === "GetObject" && query.get("versionId")?.endsWith("-1") === true;
        return isThiefs ? { kind: "error", status: 400, code: "InvalidRequest" } : null;
      },
    });
    expect((await made.rolledBack({ store }))[made.key]).toBe(good);
  });

  it.each([
    ["an error", { kind: "error", status: 500, code: "InternalError" }],
    ["a page cut short", { kind: "cut body", bytes: 700 }],
    ["a document that ends early", { kind: "short document", bytes: 700 }],
  ] as const)("27: %s in the middle of a listing is no end of it, and no plan comes of it", async (_, fault) => {
    const made = await trap();
    made.history(made.key, [
      [good, 10],
      [junk, 30],
    ]);
    let pages = 0;
    const { store } = await made.overTheWire(
      { faults: ({ operation }) => (operation === "ListObjectVersions" && ++pages > 2 ? fault : null) },
      { pageSize: 2 },
    );
    const failure = await failureOf(made.scene.plan(T, { store }));
    expect(["store-misbehaves", "store-unreachable"]).toContain(failure.kind);
    expect([...made.scene.state.files.keys()].filter((name) => name.startsWith("plans/"))).toEqual([]);
  });

  it("21: what a store refuses inside a batch that it answers with 200 is a failure, named", async () => {
    const made = await trap();
    made.history(made.key, [
      [good, 10],
      [null, 30],
    ]);
    const { store } = await made.overTheWire({
      faults: ({ operation }) =>
        operation === "DeleteObjects"
          ? { kind: "refused entries", code: "InternalError", isRefused: (key) => key === made.key }
          : null,
    });
    const { plan } = await made.scene.plan(T, { store });
    const failure = await failureOf(made.scene.apply(plan, { store }));
    expect(failure.kind).toBe("stopped-half-way");
    expect(JSON.stringify(failure.details)).toContain(made.key);
  });
});
