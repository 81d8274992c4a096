import { describe, expect, it } from "vitest";
import { addMilliseconds, instantFromMilliseconds, type Instant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { versionId } from "../../src/base/version-id.ts";
import { decideKey, type PurgeRules } from "../../src/purge/decide-key.ts";
import type { SeenRows } from "../../src/purge/seen-rows.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";

const day = 86_400_000;
const cutoff = instantFromMilliseconds(Date.parse("2026-10-17T03:00:00Z"));
const on = (days: number): Instant => addMilliseconds(cutoff, days * day);
const key = objectKey(`home/data/ab/ab${"0".repeat(62)}`);
const rules: PurgeRules = { prefix: "home/", cutoff, order: "interleaved", idTime: "none", dates: "all" };

interface Content {
  readonly etag?: string;
}

/** Rows by name, kind and day from the beginning of the window; the first is what a read answers with. */
type Row = readonly [id: string, kind: "put" | "del", days: number, content?: Content];

function history(rows: readonly Row[]): readonly HistoryRow[] {
  return rows.map(([id, kind, days, { etag = "e" } = {}], index): HistoryRow => {
    const common = { key, versionId: versionId(id), lastModified: on(days), isLatest: index === 0, owner: null };
    if (kind === "del") return { kind: "marker", ...common };
    return { kind: "version", ...common, size: 3, etag, storageClass: null, checksums: null };
  });
}

/** A listing from ten days before the window that showed these ids, the first as current. */
function listed(...ids: readonly string[]): SeenRows {
  return {
    begunAt: on(-10),
    has: ({ versionId: id }) => ids.includes(id),
    wasCurrent: ({ versionId: id }) => ids[0] === id,
  };
}

function decided(rows: readonly Row[], seen: SeenRows | null = null, changes: Partial<PurgeRules> = {}) {
  const { going, left, waiting } = decideKey({ key, rows: history(rows) }, seen, { ...rules, ...changes });
  return { going: going.map((group) => group.map((row): string => row.versionId)), left, waiting };
}

describe("decideKey()", () => {
  it.each<readonly [string, readonly Row[], readonly (readonly string[])[]]>([
    ["keeps a single version however old", [["a", "put", -900]], []],
    [
      "keeps what was current when the window began",
      [
        ["b", "put", 1],
        ["a", "put", -900],
      ],
      [],
    ],
    [
      "keeps it to the very instant",
      [
        ["b", "put", 0.00001],
        ["a", "put", -900],
      ],
      [],
    ],
    [
      "takes what was superseded before the window",
      [
        ["b", "put", -1],
        ["a", "put", -2],
      ],
      [["a"]],
    ],
    [
      "takes all below that",
      [
        ["c", "put", 2],
        ["b", "del", -1],
        ["a", "put", -2],
      ],
      [["a"], ["b"]],
    ],
    [
      "takes a dead marker last",
      [
        ["b", "del", -1],
        ["a", "put", -2],
      ],
      [["a"], ["b"]],
    ],
    ["takes a marker below which nothing is left", [["b", "del", -1]], [["b"]]],
    [
      "keeps a marker put in the window",
      [
        ["b", "del", 1],
        ["a", "put", -2],
      ],
      [],
    ],
    [
      "keeps a marker that hides in the window what was current when it began",
      [
        ["c", "del", 3],
        ["b", "put", -1],
      ],
      [],
    ],
    [
      "takes markers between versions",
      [
        ["d", "put", -1],
        ["c", "del", -2],
        ["b", "put", -3],
      ],
      [["c", "b"]],
    ],
    [
      "never takes an id of null, nor the marker above it",
      [
        ["b", "del", -1],
        ["null", "put", -2],
        ["a", "put", -3],
      ],
      [["a"]],
    ],
    [
      "never takes a marker of the id null",
      [
        ["null", "del", -1],
        ["a", "put", -3],
      ],
      [["a"]],
    ],
  ])("%s", (_, rows, expected) => {
    expect(decided(rows)).toEqual({ going: expected, left: null, waiting: 0 });
  });

  it.each<readonly [string, readonly Row[], Partial<PurgeRules>]>([
    [
      "whose dates go against its order",
      [
        ["c", "put", -3],
        ["b", "put", -2],
        ["a", "put", -4],
      ],
      {},
    ],
    [
      "with a date of the window below one from before it",
      [
        ["c", "put", -3],
        ["b", "put", 2],
        ["a", "put", -4],
      ],
      {},
    ],
    [
      "of which the store lists markers apart, where dates tie",
      [
        ["b", "put", -1],
        ["x", "del", -1],
      ],
      { order: "split" },
    ],
  ])("leaves a key %s", (_, rows, changes) => {
    expect(decided(rows, null, changes)).toEqual({ going: [], left: "order", waiting: 0 });
  });

  it("leaves a key of which no row, or more than one, is called the latest", () => {
    const [first, ...others] = history([
      ["b", "put", -1],
      ["a", "put", -2],
    ]);
    if (first === undefined) throw new Error("no rows");
    const none = { key, rows: [{ ...first, isLatest: false }, ...others] };
    const both = { key, rows: [first, ...others.map((row) => ({ ...row, isLatest: true }))] };
    for (const each of [none, both]) {
      expect(decideKey(each, null, rules)).toMatchObject({ going: [], left: "order" });
    }
  });

  it("believes the order of one listing where the dates tie within a second", () => {
    expect(
      decided([
        ["b", "del", -1],
        ["a", "put", -1],
      ]),
    ).toEqual({ going: [["a"], ["b"]], left: null, waiting: 0 });
  });

  it("puts versions and markers that are listed apart in the order of their dates", () => {
    const [put, older, marker] = history([
      ["c", "put", -1],
      ["a", "put", -3],
      ["b", "del", -2],
    ]);
    if (put === undefined || older === undefined || marker === undefined) throw new Error("no rows");
    const decision = decideKey({ key, rows: [put, older, marker] }, null, { ...rules, order: "split" });
    expect(decision.going.flat().map((row) => row.versionId)).toEqual(["b", "a"]);
  });
});

const junk = { etag: "junk" };

describe("decideKey() of an object that was overwritten", () => {
  it("leaves every version, for nothing tells which is right", () => {
    expect(
      decided([
        ["b", "put", -1, junk],
        ["a", "put", -2],
      ]),
    ).toMatchObject({ going: [], left: "overwritten" });
    expect(
      decided([
        ["c", "del", -1],
        ["b", "put", -2, junk],
        ["a", "put", -3],
      ]),
    ).toMatchObject({ left: "overwritten" });
  });

  it("takes what was laid over it where the first version was brought back before the window, and the first one last", () => {
    const rows: readonly Row[] = [
      ["c", "put", -1],
      ["b", "put", -2, junk],
      ["a", "put", -3],
    ];
    expect(decided(rows).going).toEqual([["b"], ["a"]]);
  });

  it("leaves it even then where the ETag can be forged", () => {
    const rows: readonly Row[] = [
      ["c", "put", -1],
      ["b", "put", -2, junk],
      ["a", "put", -3],
    ];
    expect(decided(rows, listed("c", "b", "a"), { dates: "none" })).toMatchObject({ going: [], left: "overwritten" });
  });
});

describe("decideKey() where dates can be forged", () => {
  const forgeable = { dates: "none" } as const;
  const rows: readonly Row[] = [
    ["b", "put", -1],
    ["a", "put", -2],
  ];

  it.each<readonly [string, readonly Row[], SeenRows | null, ReturnType<typeof decided>]>([
    ["takes nothing that was not seen, and counts what waits", rows, null, { going: [], left: null, waiting: 1 }],
    ["takes what was seen superseded", rows, listed("b", "a"), { going: [["a"]], left: null, waiting: 0 }],
    [
      "keeps what was seen current, whatever the row above says",
      rows,
      listed("a"),
      { going: [], left: null, waiting: 1 },
    ],
    [
      "leaves what was current then and stands below a row of then: something was replaced in place",
      rows,
      listed("a", "b"),
      { going: [], left: "order", waiting: 0 },
    ],
    [
      "leaves it also where something was put on top since",
      [["c", "put", 3], ...rows],
      listed("a", "b"),
      { going: [], left: "order", waiting: 0 },
    ],
    [
      "leaves a key in which an unseen row stands below a seen one",
      [
        ["c", "put", -1],
        ["x", "put", -2],
        ["a", "put", -3],
      ],
      listed("c", "a"),
      { going: [], left: "order", waiting: 0 },
    ],
    ["takes a dead marker that was seen", [["b", "del", -1]], listed("b"), { going: [["b"]], left: null, waiting: 0 }],
    ["keeps a dead marker that was not seen", [["b", "del", -1]], listed(), { going: [], left: null, waiting: 0 }],
  ])("%s", (_, given, seen, expected) => {
    expect(decided(given, seen, forgeable)).toEqual(expected);
  });
});

describe("decideKey() where dates are the store's", () => {
  it("keeps a version below one that is dated before a listing that did not hold it", () => {
    expect(
      decided(
        [
          ["b", "put", -20],
          ["a", "put", -30],
        ],
        listed("a"),
      ),
    ).toEqual({ going: [], left: null, waiting: 1 });
  });

  it("takes what was superseded between that listing and the window", () => {
    const seen = listed("a");
    const rows: readonly Row[] = [
      ["b", "put", -5],
      ["a", "put", -30],
    ];
    expect(decided(rows, seen)).toEqual({ going: [["a"]], left: null, waiting: 0 });
  });

  it("does not believe the date of an upload in parts, which may be that of its beginning", () => {
    const parts: readonly Row[] = [
      ["b", "put", -1, { etag: "e-3" }],
      ["a", "put", -2, { etag: "e-3" }],
    ];
    expect(decided(parts, null, { dates: "whole" })).toMatchObject({ going: [], waiting: 1 });
    expect(decided(parts, null, { dates: "all" })).toMatchObject({ going: [["a"]] });
    expect(decided(parts, listed("b", "a"), { dates: "whole" })).toMatchObject({ going: [["a"]] });
  });
});
