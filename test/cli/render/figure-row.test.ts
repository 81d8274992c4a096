import { describe, expect, it } from "vitest";
import { figureRows, type FigureRow } from "../../../src/cli/render/figure-row.ts";

const rows: readonly FigureRow[] = [
  ["bring back", 9981, "lift a delete marker", "no data moves"],
  ["proven", 1204, "by hash", "the bytes were read and hash to their name"],
  ["leave", 62, "already right", ""],
];
const lost: FigureRow = ["lost", 1, "home/backups/data/3f/3f9c2a71…", "its only good version was destroyed"];

describe("figureRows()", () => {
  it("keeps a row on one line where there is room", () =>
    expect(figureRows(rows, 90)).toEqual([
      "  bring back   9,981    lift a delete marker   no data moves",
      "  proven       1,204    by hash                the bytes were read and hash to their name",
      "  leave           62    already right",
    ]));
  it("breaks the note in its own column at 80", () =>
    expect(figureRows(rows, 80)).toEqual([
      "  bring back   9,981    lift a delete marker   no data moves",
      "  proven       1,204    by hash                the bytes were read and hash to",
      "                                               their name",
      "  leave           62    already right",
    ]));
  it("puts the note under what it is about at 40", () =>
    expect(figureRows(rows, 40)).toEqual([
      "  bring back   9,981  lift a delete",
      "                      marker",
      "                      no data moves",
      "  proven       1,204  by hash",
      "                      the bytes were",
      "                      read and hash to",
      "                      their name",
      "  leave           62    already right",
    ]));
  it("gives a word that is too long for its column the whole line", () =>
    expect(figureRows([lost], 40)).toEqual([
      "  lost             1",
      "    home/backups/data/3f/3f9c2a71…",
      "                      its only good",
      "                      version was",
      "                      destroyed",
    ]));
});
