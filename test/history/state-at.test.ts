import { describe, expect, it } from "vitest";
import { addMilliseconds, instantFromMilliseconds } from "../../src/base/instant.ts";
import type { Instant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { versionId } from "../../src/base/version-id.ts";
import type { VersionIdTime } from "../../src/base/version-id-time.ts";
import { newestFirst, stateAt } from "../../src/history/state-at.ts";
import type { ListingOrder, StateOfKey } from "../../src/history/state-at.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";

const T = instantFromMilliseconds(20_000);
const second = (count: number): Instant => instantFromMilliseconds(count * 1000);

type Draft = (isLatest: boolean) => HistoryRow;
const common = (id: string, lastModified: Instant) => ({ key: objectKey("k"), versionId: versionId(id), lastModified });
const put = (id: string, at: Instant): Draft => {
  return (isLatest) => ({
    kind: "version",
    ...common(id, at),
    isLatest,
    size: 1,
    etag: "e",
    storageClass: null,
    owner: null,
    checksums: null,
  });
};
const marker =
  (id: string, at: Instant): Draft =>
  (isLatest) => ({ kind: "marker", ...common(id, at), isLatest, owner: null });
/** As a store lists them, the first being the latest unless told otherwise. */
const listed = (drafts: readonly Draft[], latest = 0): readonly HistoryRow[] =>
  drafts.map((draft, index) => draft(index === latest));

function told(state: StateOfKey): string {
  switch (state.kind) {
    case "present":
      return `present ${state.version.versionId}`;
    case "absent":
      return state.because;
    case "ambiguous":
      return `ambiguous ${state.candidates.map((row) => row.versionId).join(" ")}${state.orNotYetWritten ? " or nothing" : ""}`;
  }
}

describe("stateAt()", () => {
  it.each<[string, readonly HistoryRow[], string, ListingOrder?]>([
    ["knows nothing of a key without rows", [], "not yet written"],
    ["counts a version written exactly at T", listed([put("new", T)]), "present new"],
    [
      "leaves out a version written a millisecond after T",
      listed([put("new", addMilliseconds(T, 1))]),
      "not yet written",
    ],
    ["ignores what was written after T", listed([put("evil", second(30)), put("good", second(10))]), "present good"],
    ["sees a key hidden before T as deleted", listed([marker("m", second(15)), put("v", second(10))]), "deleted"],
    ["sees through a marker put after T", listed([marker("m", second(25)), put("v", second(10))]), "present v"],
    ["lets a marker of the same second hide the version below it", listed([marker("m", T), put("v", T)]), "deleted"],
    [
      "lets a version of the same second stand on the marker below it",
      listed([put("e", second(30)), put("v", T), marker("m", T)]),
      "present v",
    ],
    [
      "takes the newer of two versions of the same second",
      listed([put("e", second(30)), put("b", T), put("a", T)]),
      "present b",
    ],
    [
      "goes by the order, not by earlier clocks, where both stood at T",
      listed([put("v2", second(18)), put("v1", second(19))]),
      "present v2",
    ],
    [
      "does not trust a version dated before T above one dated after it",
      listed([put("back", second(10)), put("after", second(25)), put("good", second(5))]),
      "ambiguous back good",
    ],
    [
      "says that there may have been nothing below a version with a doubtful date",
      listed([put("back", second(10)), put("after", second(25))]),
      "ambiguous back or nothing",
    ],
    [
      "reads a listing that begins with the oldest the right way round",
      listed([put("v1", second(5)), put("v2", second(15))], 1),
      "present v2",
    ],
    [
      "does not choose between two of one date in a listing that begins with the oldest",
      listed([put("a", T), put("b", T), put("e", second(30))], 2),
      "ambiguous a b",
    ],
    [
      "does not choose between a marker and a version whose order the store lost",
      listed([put("e", second(30)), put("v", T), marker("m", T)]),
      "ambiguous m v",
      "split",
    ],
    [
      "knows the newest of a tie in a split listing where it is the latest",
      listed([put("v", T), marker("m", T)]),
      "present v",
      "split",
    ],
    [
      "knows the newest of a tie in a split listing where it is a latest marker",
      listed([put("v", T), marker("m", T)], 1),
      "deleted",
      "split",
    ],
    [
      "keeps the order of versions of one date in a split listing",
      listed([put("e", second(30)), put("b", T), put("a", T), marker("m", second(5))]),
      "present b",
      "split",
    ],
    [
      "settles a split listing by dates",
      listed([put("e", second(30)), put("v", second(10)), marker("m", second(15))]),
      "deleted",
      "split",
    ],
    [
      "calls it deleted where only markers are in question",
      listed([put("e", second(30)), marker("a", T), marker("b", T)]),
      "deleted",
      "split",
    ],
    ["goes by the listing where no row is called latest", listed([put("b", T), put("a", T)], -1), "present b"],
  ])("%s", (_, rows, expected, order = "interleaved") => expect(told(stateAt(rows, T, order))).toBe(expected));
});

/** The time in whole milliseconds at the head of a ULID. */
function ulid(at: Instant, end: string): string {
  let text = "";
  for (let rest = at as number, count = 0; count < 10; count++, rest = Math.floor(rest / 32)) {
    text = `${"0123456789ABCDEFGHJKMNPQRSTVWXYZ".charAt(rest % 32)}${text}`;
  }
  return `${text}${end.padStart(16, "0")}`;
}

describe("stateAt(), where version ids carry the time", () => {
  const early = ulid(addMilliseconds(T, -900), "A");
  const late = ulid(addMilliseconds(T, -100), "B");
  const after = ulid(addMilliseconds(T, 400), "C");
  const b2 = (time: string, end: string): string => `4_z1_f1_d20261120_m${time}_c004_v0402007_${end}`;

  it.each<[string, readonly HistoryRow[], string, VersionIdTime]>([
    [
      "settles a version and a marker of one date that the store listed apart",
      listed([put("e", second(30)), put(early, T), marker(late, T)]),
      "deleted",
      "ulid",
    ],
    [
      "settles them the other way round",
      listed([put("e", second(30)), put(late, T), marker(early, T)]),
      `present ${late}`,
      "ulid",
    ],
    [
      "goes by the id where the date is when the version ended",
      listed([put("e", second(30)), put(early, second(30))]),
      `present ${early}`,
      "ulid",
    ],
    [
      "goes by the id where the date is that of the version below",
      listed([marker(after, second(5)), put(early, second(5))], 0),
      `present ${early}`,
      "ulid",
    ],
    [
      "leaves open what ids of one millisecond do not tell",
      listed([put("e", second(30)), put(ulid(T, "A"), T), marker(ulid(T, "B"), T)]),
      `ambiguous ${ulid(T, "B")} ${ulid(T, "A")}`,
      "ulid",
    ],
    [
      "goes by the dates where the ids are of another form",
      listed([put("e", second(30)), put("v", T), marker("m", T)]),
      "ambiguous m v",
      "ulid",
    ],
    [
      "takes ids of whole seconds for a tie only",
      listed([put("e", second(30)), put(b2("030001", "v"), T), marker(b2("030000", "m"), T)]),
      `present ${b2("030001", "v")}`,
      "b2",
    ],
    [
      "leaves a tie that ids of whole seconds do not settle",
      listed([put("e", second(30)), put(b2("030000", "v"), T), marker(b2("030000", "m"), T)]),
      `ambiguous ${b2("030000", "m")} ${b2("030000", "v")}`,
      "b2",
    ],
  ])("%s", (_, rows, expected, idTime) => expect(told(stateAt(rows, T, "split", idTime))).toBe(expected));

  it("does not look at ids where the profile does not say so", () => {
    const rows = listed([put("e", second(30)), put(early, T), marker(late, T)]);
    expect(told(stateAt(rows, T, "split"))).toBe(`ambiguous ${late} ${early}`);
  });
});

describe("newestFirst()", () => {
  it("leaves a listing in its order whose first row is the latest", () => {
    const rows = listed([put("v2", second(18)), put("v1", second(19))]);
    expect(newestFirst(rows, "interleaved")).toEqual(rows);
  });
});
