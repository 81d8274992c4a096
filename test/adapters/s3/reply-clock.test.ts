import { describe, expect, it } from "vitest";
import { ReplyClock } from "../../../src/adapters/s3/reply-clock.ts";
import { instantFromMilliseconds as at } from "../../../src/base/instant.ts";

const date = "Sat, 21 Nov 2026 15:00:00 GMT";
const theirs = Date.parse(date);

describe("a clock of replies", () => {
  it("takes the middle of the second that was told, and of the wait for it", () => {
    const clock = new ReplyClock();
    clock.note(date, { asked: at(1000), came: at(1200) });
    expect(clock.reading(at(1200))).toEqual({ store: theirs + 500, ours: 1100 });
  });

  it.each([
    ["has no Date", undefined, 1000, 1100],
    ["has one that is none", "yesterday", 1000, 1100],
    ["took so long that its Date says little", date, 1000, 2101],
    ["came before it was asked for, as our clock was set back", date, 1000, 900],
  ])("passes over a reply that %s", (_, told, asked, came) => {
    const clock = new ReplyClock();
    clock.note(told, { asked: at(asked), came: at(came) });
    expect(clock.reading(at(came))).toBeNull();
  });

  it("holds for half a minute, and not where our clock was set back since", () => {
    const clock = new ReplyClock();
    clock.note(date, { asked: at(1000), came: at(1000) });
    expect(clock.reading(at(31_000))).not.toBeNull();
    expect(clock.reading(at(31_001))).toBeNull();
    expect(clock.reading(at(999))).toBeNull();
  });
});
