import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markerBelow } from "../../../src/adapters/s3/list-versions.ts";
import type { HistoryRow } from "../../../src/store/object-version.ts";
import type { PurgingStore } from "../../../src/store/versioned-store.ts";
import { errorReply, markerXml, pageXml, versionXml, type PageParts } from "../../stores/scripted-s3.ts";
import { failureOf, scriptedStore, type ScriptedOptions, type ScriptedStore } from "./scripted-store.ts";

async function pages(parts: readonly PageParts[], options: ScriptedOptions = {}): Promise<ScriptedStore> {
  return await scriptedStore((_, n) => ({ body: pageXml(parts[n] ?? { rows: [] }) }), options);
}

async function list(store: PurgingStore, prefix = ""): Promise<readonly HistoryRow[]> {
  const rows: HistoryRow[] = [];
  for await (const page of store.listVersions(prefix)) rows.push(...page);
  return rows;
}

const idsOf = (rows: readonly HistoryRow[]): readonly string[] =>
  rows.map(({ key, versionId }) => `${key} ${versionId}`);
const interleaved = { facts: { listOrder: "interleaved" } } as const;

describe("listVersions()", () => {
  it("asks under the prefix and goes on with both markers, the second left out where the page has none", async () => {
    const { store, requests } = await pages(
      [
        { rows: [versionXml("data/a", "3")], next: { key: "data/a", id: "3" } },
        { rows: [versionXml("data/a", "2")], next: { key: "data/ab" } },
        { rows: [versionXml("data/b", "1")], next: null },
      ],
      { pageSize: 1 },
    );
    expect(idsOf(await list(store, "data/"))).toEqual(["data/a 3", "data/a 2", "data/b 1"]);
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(3).fill("GET /backups/"));
    const sent = requests.map(({ query }) =>
      ["versions", "prefix", "max-keys", "key-marker", "version-id-marker"].map((name) => query.get(name)),
    );
    expect(sent).toEqual([
      ["", "data/", "1", null, null],
      ["", "data/", "1", "data/a", "3"],
      ["", "data/", "1", "data/ab", null],
    ]);
  });

  it("goes on after an empty page and after a short one, and ends only where the store says so", async () => {
    const { store } = await pages([
      { rows: [], next: { key: "a", id: "1" } },
      { rows: [versionXml("b", "1")], next: { key: "b", id: "1" } },
      { rows: [] },
    ]);
    expect(idsOf(await list(store))).toEqual(["b 1"]);
  });

  it.each<[string, readonly PageParts[], string]>([
    [
      "a page that says that more follows and not from where",
      [{ rows: [versionXml("a", "1")], next: {} }],
      "not from where",
    ],
    [
      "a listing that stands still",
      [
        { rows: [versionXml("a", "1")], next: { key: "a", id: "1" } },
        { rows: [versionXml("a", "2")], next: { key: "a", id: "1" } },
      ],
      'stands still at "a"',
    ],
    [
      "a row that comes again on the next page",
      [
        { rows: [versionXml("a", "2"), versionXml("a", "1")], next: { key: "a", id: "2" } },
        { rows: [versionXml("a", "1")] },
      ],
      'repeats version 1 of "a"',
    ],
    [
      "a row that comes again after many others of its key",
      [{ rows: [...Array.from({ length: 30 }, (_, n) => versionXml("a", `${n}`)), versionXml("a", "20")] }],
      'repeats version 20 of "a"',
    ],
    [
      "a key that comes before the one above",
      [{ rows: [versionXml("b", "1"), versionXml("a", "1")] }],
      'goes back from "b" to "a"',
    ],
    ["a key that is sorted by its UTF-16", [{ rows: [versionXml("😀", "1"), versionXml("～", "1")] }], "goes back"],
    ["a row outside the prefix", [{ rows: [versionXml("other/a", "1")] }], 'strays to "other/a"'],
  ])("fails with `store-misbehaves` on %s", async (_, parts, problem) => {
    const { store } = await pages(parts, interleaved);
    const prefix = problem.startsWith("strays") ? "home/" : "";
    const failure = await failureOf(list(store, prefix));
    expect(failure).toMatchObject({ kind: "store-misbehaves", action: "read the versions of" });
    expect(failure.subject).toContain("backups");
    expect(failure.problem).toContain(problem);
  });

  it.each([
    ["cut XML", pageXml({ rows: [versionXml("a", "1")] }).slice(0, -30), "its XML is cut off"],
    ["a proxy's HTML", "<html><body>Log in</body></html>", "it is a html"],
    ["nothing at all", "", "it is no XML"],
    ["an S3 error under status 200", errorReply(200, "InternalError").body ?? "", "it is a Error"],
  ])("fails with `store-misbehaves` on %s", async (_, body, problem) => {
    const { store } = await scriptedStore(() => ({ body }));
    const failure = await failureOf(list(store));
    expect(failure).toMatchObject({ kind: "store-misbehaves", subject: "backups" });
    expect(failure.problem).toContain(problem);
  });

  it("asks again for a page whose connection breaks, and for one that the store puts off", async () => {
    const body = pageXml({ rows: [versionXml("a", "1")] });
    const { store, requests } = await scriptedStore((_, n) => {
      if (n === 0)
        return { body: body.slice(0, 100), headers: { "content-length": body.length.toString() }, isCut: true };
      return n === 1 ? errorReply(503, "SlowDown") : { body };
    });
    expect(idsOf(await list(store))).toEqual(["a 1"]);
    expect(requests).toHaveLength(3);
  });
});

describe("list-order", () => {
  const split: readonly PageParts[] = [
    { rows: [versionXml("a", "3"), versionXml("b", "1"), markerXml("a", "4"), markerXml("b", "2")] },
  ];

  it.each([
    ["split", { facts: { listOrder: "split" } } as const],
    ["unknown", {}],
  ])("%s: brings the rows of a page together by key, each kind in its order", async (_, options) => {
    const { store } = await pages(split, options);
    expect(idsOf(await list(store))).toEqual(["a 3", "a 4", "b 1", "b 2"]);
  });

  it("interleaved: refuses a page that lists its markers apart", async () => {
    const { store } = await pages(split, interleaved);
    expect((await failureOf(list(store))).problem).toContain('goes back from "b" to "a"');
  });
});

describe("url-encoding", () => {
  it.each([
    ["true", { facts: { urlEncoding: true } } as const, "url"],
    ["unknown", {}, "url"],
    ["false", { facts: { urlEncoding: false } } as const, null],
  ])("%s: asks for encoded keys accordingly, and reads what the page says it is", async (_, options, expected) => {
    const { store, requests } = await scriptedStore(
      () => ({ body: pageXml({ rows: [versionXml("a+b%41", "1")] }) }),
      options,
    );
    expect(idsOf(await list(store))).toEqual(["a+b%41 1"]);
    expect(requests[0]?.query.get("encoding-type")).toBe(expected);
  });
});

describe("the next page", () => {
  const many = Array.from({ length: 5 }, (_, n): PageParts => ({
    rows: [versionXml(`k${n.toString()}`, "1")],
    next: n === 4 ? null : { key: `k${n.toString()}`, id: "1" },
  }));
  it("is asked for when it is wanted, and no sooner", async () => {
    const { store, requests } = await pages(many);
    let seen = 0;
    for await (const page of store.listVersions("")) {
      seen += 1;
      expect(page).toHaveLength(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(requests).toHaveLength(seen);
    }
    expect(seen).toBe(5);
  });

  it.each([
    ["a full page", Array.from({ length: 1000 }, (_, n) => versionXml("b", `${n}`))],
    ["a short page", [versionXml("a", "1"), versionXml("b", "3")]],
    ["a short page that lists its markers apart", [versionXml("a", "1"), versionXml("b", "3"), markerXml("a", "2")]],
  ])(
    "is not asked for where %s names its last key alone: nothing says that it has no more versions",
    async (_, rows) => {
      const { store, requests } = await pages([{ rows, next: { key: "b" } }, { rows: [] }]);
      const failure = await failureOf(list(store));
      expect(failure).toMatchObject({ kind: "store-misbehaves" });
      expect(failure.problem).toContain("no version of it");
      expect(requests).toHaveLength(1);
    },
  );

  it("is not asked for before the first is wanted, nor once nobody goes on", async () => {
    const { store, requests } = await pages(many);
    const listing = store.listVersions("");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(requests).toHaveLength(0);
    for await (const page of listing) {
      expect(page).toHaveLength(1);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(requests).toHaveLength(1);
  });

  it("is given up by who stops, without a word, though it would have failed or never come", async () => {
    const { store } = await scriptedStore((_, n) =>
      n === 0
        ? { body: pageXml(many[0] ?? { rows: [] }) }
        : { body: "", headers: { "content-length": "9" }, isCut: true },
    );
    for await (const page of store.listVersions("")) {
      expect(page).toHaveLength(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      break;
    }
  });

  it("fails where it is wanted, not before", async () => {
    const { store } = await scriptedStore((_, n) =>
      n === 0 ? { body: pageXml(many[0] ?? { rows: [] }) } : errorReply(403, "AccessDenied"),
    );
    const seen: HistoryRow[] = [];
    const all = (async () => {
      for await (const page of store.listVersions("")) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        seen.push(...page);
      }
    })();
    expect(await failureOf(all)).toMatchObject({ kind: "store-denied" });
    expect(idsOf(seen)).toEqual(["k0 1"]);
  });
});

describe("from", () => {
  it.each<[string, string, string, string | null]>([
    ["nothing", "", "data/", null],
    ["the prefix itself: MinIO lists nothing after a marker that is not under it", "data/", "data/", null],
    ["what stands before the prefix", "a", "data/", null],
    ["what stands behind it", "e", "data/", null],
    ["a letter", "data/ab", "data/", "data/aa~~"],
    ["a digit after which a slash would stand", "data/0", "data/", "data/.~~"],
    ["a slash", "data/ab/", "data/", "data/ab.~~"],
    ["what nothing printed stands before", "data/!", "data/", "data/"],
    ["a letter of two bytes", "data/é", "data/", "data/"],
    ["one of four", "data/a😀", "data/", "data/a"],
    ["one of four where nothing is left", "😀", "", null],
  ])("asks for what stands above: %s", async (_, from, prefix, marker) => {
    const { store, requests } = await pages([]);
    for await (const page of store.listVersions(prefix, from)) expect(page).toBeUndefined();
    expect(requests[0]?.query.get("key-marker")).toBe(marker);
    expect(requests[0]?.query.has("version-id-marker")).toBe(false);
  });

  it("asks from a marker that stands below it by its bytes, whatever the key", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.nat(3), (from, cut) => {
        const prefix = Array.from(from).slice(0, cut).join("");
        const marker = markerBelow(from, prefix);
        if (marker === null) return;
        expect(marker.startsWith(prefix)).toBe(true);
        expect(Buffer.compare(Buffer.from(marker), Buffer.from(from))).toBeLessThan(0);
      }),
    );
  });

  it("leaves out what stands below it, by UTF-8", async () => {
    const { store } = await pages([
      { rows: [versionXml("a", "1"), versionXml("b", "1")], next: { key: "b", id: "1" } },
      { rows: [versionXml("～", "1"), versionXml("😀", "1")] },
    ]);
    const rows: HistoryRow[] = [];
    for await (const page of store.listVersions("", "～")) rows.push(...page);
    expect(idsOf(rows)).toEqual(["～ 1", "😀 1"]);
  });
});
