import { describe, expect, it } from "vitest";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { versionId } from "../../src/base/version-id.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import { shownBy } from "./attacked-bucket.ts";
import { wrongs, type PlannedStep } from "./rollback-model.ts";

interface Short {
  readonly key: string;
  readonly id: string;
  readonly bytes?: string;
}

/** Rows of a listing, newest first within a key; one without bytes is a marker. */
function listing(...shorts: readonly Short[]): readonly HistoryRow[] {
  const seen = new Set<string>();
  return shorts.map(({ key, id, bytes }) => {
    const isLatest = !seen.has(key);
    seen.add(key);
    const lastModified = instantFromMilliseconds(1000 + Number(id.replace(/\D/g, "")));
    const row = { key: objectKey(key), versionId: versionId(id), lastModified, isLatest, owner: null };
    if (bytes === undefined) return { kind: "marker", ...row };
    return { kind: "version", ...row, size: bytes.length, etag: bytes, storageClass: null, checksums: null };
  });
}

const good: readonly Short[] = [
  { key: "covered", id: "1", bytes: "good" },
  { key: "hidden", id: "2", bytes: "also" },
];
const evil: Short = { key: "covered", id: "3", bytes: "evil" };
const marker: Short = { key: "hidden", id: "4" };
const junk: Short = { key: "junk", id: "5", bytes: "junk" };
const before = listing(evil, ...good.slice(0, 1), marker, ...good.slice(1), junk);

function step(key: string, change: Partial<PlannedStep>): readonly [string, PlannedStep] {
  const from = { versionId: "3", kind: "version" as const, etag: "evil" };
  return [key, { n: 1, key, action: "hide", from, to: null, markers: [], ...change }];
}

const steps = new Map([
  step("covered", { action: "copyVersion", to: { versionId: "1", kind: "version", etag: "good" } }),
  step("hidden", {
    action: "liftMarker",
    to: { versionId: "2", kind: "version", etag: "also" },
    markers: ["4"],
  }),
  step("junk", {}),
]);
const attacked = { to: "", goal: shownBy(listing(...good)), before };
const copy: Short = { key: "covered", id: "6", bytes: "good" };
const cover: Short = { key: "junk", id: "7" };
const right: readonly Short[] = [copy, evil, ...good, cover, junk];

function wrongsOf(after: readonly Short[], breaks = 0): readonly string[] {
  return wrongs({ attacked, steps, after: listing(...after), breaks, inFlight: 1 });
}

describe("wrongs()", () => {
  it("finds nothing where the plan was carried out once", () => expect(wrongsOf(right)).toEqual([]));

  it("allows a copy made again for a request in flight at a break, and no more", () => {
    const again = [{ ...copy, id: "8" }, ...right];
    expect(wrongsOf(again, 1)).toEqual([]);
    expect(wrongsOf(again)).toEqual(["1 copies were made again, of at most 0 in flight"]);
  });

  it.each<[string, readonly Short[], string]>([
    ["other bytes", [{ ...copy, bytes: "ugly" }, ...right.slice(1)], "covered shows other bytes"],
    ["a key that shows nothing", [...right.slice(0, 3), marker, ...right.slice(3)], "hidden shows nothing"],
    ["junk that is shown", right.filter((row) => row !== cover), "junk is still shown"],
    ["a version that is gone", right.filter((row) => row !== evil), "version 3 of covered is gone or another"],
    [
      "a version replaced in place",
      right.map((row) => (row === evil ? { ...row, bytes: "ugly" } : row)),
      "version 3 of covered is gone or another",
    ],
    [
      "a version that no plan names",
      [...right.slice(0, -2), { key: "junk", id: "9", bytes: "more" }, cover, junk],
      "version 9 of junk is no copy that the plan names",
    ],
    [
      "a marker that no plan names",
      [copy, { key: "covered", id: "9" }, ...right.slice(1)],
      "marker 9 of covered is new, and the plan does not hide it",
    ],
    [
      "markers stacked by one run",
      [...right.slice(0, -1), { key: "junk", id: "9" }, junk],
      "junk has 2 new markers after 0 breaks",
    ],
  ])("tells of %s", (_, after, wrong) => expect(wrongsOf(after)).toContain(wrong));

  it("tells of a marker that was lifted against the plan", () => {
    const kept = new Map([...steps].filter(([key]) => key !== "hidden"));
    const after = listing(...right);
    expect(wrongs({ attacked, steps: kept, after, breaks: 0, inFlight: 1 })).toEqual([
      "marker 4 of hidden is gone, and the plan does not lift it",
    ]);
  });
});
