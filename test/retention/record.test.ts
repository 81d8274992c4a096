import { describe, expect, it } from "vitest";
import { addMilliseconds } from "../../src/base/instant.ts";
import { parseRecord, readRecord, updateRecord } from "../../src/retention/record-file.ts";
import { withCheck } from "../../src/retention/record-run.ts";
import {
  afterRead,
  cursorFor,
  emptyRecord,
  withHold,
  withLook,
  type RetentionRecord,
} from "../../src/retention/record.ts";
import { ScriptedClock } from "../doubles/scripted-clock.ts";
import { MemoryState } from "../rollback/memory-state.ts";
import { at } from "./sample-settings.ts";

const day = 86_400_000;
const now = at("2026-11-20T03:00:00.123Z");

const full: RetentionRecord = {
  ...emptyRecord,
  lookedAt: now,
  acceptedAt: at("2026-11-19T03:00:00Z"),
  hosts: ["nas", "__proto__"],
  tags: ["daily"],
  keys: ["k"],
  snapshots: {
    a: { firstSeen: now, accepted: true, goneAt: null },
    b: { firstSeen: now, accepted: false, goneAt: now },
  },
  overwritten: 3,
  findings: [{ id: "new-key-1", rail: "new-key", subject: "k", evidence: "keys/k", foundAt: now }],
  settled: [
    {
      id: "x",
      rail: "burst",
      subject: "s",
      evidence: "e",
      foundAt: now,
      settledAt: now,
      reason: "2026-11-20T03:00:00Z",
      isForGood: true,
    },
  ],
  hold: { reason: "why", since: now },
  check: { at: now, errors: 0, readData: "3/30" },
  cursor: { next: 4, of: 30 },
  intent: { at: now, ids: ["a", "b"] },
};

describe("updateRecord()", () => {
  const placeOf = (state: MemoryState) => ({ state, repository: "home", clock: new ScriptedClock() });

  it("gives back what it wrote, to the millisecond", async () => {
    const state = new MemoryState();
    await updateRecord(placeOf(state), () => full);
    expect(await readRecord(state, "home")).toEqual(full);
  });

  it("writes instants that people can read", async () => {
    const state = new MemoryState();
    await updateRecord(placeOf(state), () => full);
    expect(state.files.get("retention/home.json")).toContain('"acceptedAt": "2026-11-19T03:00:00Z"');
  });

  it("waits for another process, and gives up after ten seconds", async () => {
    const state = new MemoryState();
    await state.lock("retention/home.lock");
    const place = placeOf(state);
    await expect(updateRecord(place, () => full)).rejects.toMatchObject({ kind: "locked" });
    expect(place.clock.sleeps.reduce((sum, each) => sum + each, 0)).toBe(10_000);
  });

  it("leaves the record as it was, and its lock open, where the change is refused", async () => {
    const state = new MemoryState();
    await updateRecord(placeOf(state), () => full);
    const refuse = (): never => {
      throw new RangeError("no");
    };
    await expect(updateRecord(placeOf(state), refuse)).rejects.toThrow("no");
    expect((await updateRecord(placeOf(state), (record) => withHold(record, "new", now))).hold?.reason).toBe("new");
  });
});

describe("parseRecord()", () => {
  const text = JSON.stringify({ ...full, lookedAt: "2026-11-20T03:00:00Z", acceptedAt: null });

  it("takes its own", () => expect(parseRecord(text)).toMatchObject({ cursor: { next: 4, of: 30 } }));

  it.each([
    ["nothing", ""],
    ["a list", "[]"],
    ["another version", text.replace('"version":1', '"version":2')],
    ["a hold that is no hold", text.replace('"reason":"why"', '"reason":7')],
    ["an instant that is none", text.replace("2026-11-20T03:00:00Z", "yesterday")],
    ["a cursor below nothing", text.replace('"next":4', '"next":-4')],
    ["a part that is missing", text.replace('"intent"', '"intend"')],
  ])("takes no %s for a record", (_, damaged) => expect(parseRecord(damaged)).toBeNull());
});

describe("withLook()", () => {
  const first = withLook(emptyRecord, ["a", "b"], now);

  it("keeps when each was first seen, and when it was first missed", () => {
    const [later, latest] = [addMilliseconds(now, day), addMilliseconds(now, 2 * day)];
    const record = withLook(withLook(first, ["a"], later), ["a", "c"], latest);
    expect(record.snapshots).toEqual({
      a: { firstSeen: now, accepted: false, goneAt: null },
      b: { firstSeen: now, accepted: false, goneAt: later },
      c: { firstSeen: latest, accepted: false, goneAt: null },
    });
  });

  it("remembers one that a rollback brings back, and forgets one that is gone for more than a year", () => {
    const gone = withLook(first, ["a"], addMilliseconds(now, day));
    const back = withLook(gone, ["a", "b"], addMilliseconds(now, 300 * day)).snapshots["b"];
    expect(back).toEqual({ firstSeen: now, accepted: false, goneAt: null });
    expect(Object.keys(withLook(gone, ["a"], addMilliseconds(now, 402 * day)).snapshots)).toEqual(["a"]);
  });
});

describe("withCheck()", () => {
  const check = (errors: number, readData: string | null) => ({ at: now, errors, readData });

  it.each([
    ["errors always stand", check(0, "1/30"), check(2, null), check(2, null)],
    ["a part without errors", null, check(0, "1/30"), check(0, "1/30")],
    [
      "no check that read no data makes the last one younger",
      check(0, "1/30"),
      { ...check(0, null), at: addMilliseconds(now, day) },
      check(0, "1/30"),
    ],
    ["another part says nothing of the damaged one", check(1, "1/30"), check(0, "2/30"), check(1, "1/30")],
    ["nor does the structure alone", check(1, "1/30"), check(0, null), check(1, "1/30")],
    ["the same part settles it", check(1, "1/30"), check(0, "1/30"), check(0, "1/30")],
    ["and so does all data", check(1, "1/30"), check(0, "100%"), check(0, "100%")],
    ["a damaged structure is settled by the structure", check(1, null), check(0, null), check(0, null)],
  ])("%s", (_, last, next, expected) => {
    expect(withCheck({ ...emptyRecord, check: last }, next).check).toEqual(expected);
  });
});

describe("the cursor", () => {
  it("begins with the first part, goes through all, and begins anew where their number was changed", () => {
    expect(cursorFor(emptyRecord, 3)).toEqual({ next: 1, of: 3 });
    expect([1, 2, 3].map((next) => afterRead({ next, of: 3 }).next)).toEqual([2, 3, 1]);
    expect(cursorFor({ ...emptyRecord, cursor: { next: 3, of: 3 } }, 3)).toEqual({ next: 3, of: 3 });
    expect(cursorFor({ ...emptyRecord, cursor: { next: 3, of: 3 } }, 12)).toEqual({ next: 1, of: 12 });
  });
});
