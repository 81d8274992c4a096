import { describe, expect, it } from "vitest";
import { parseInstant } from "../../src/base/instant.ts";
import { parseSnapshots } from "../../src/restic/snapshot.ts";

const of014 =
  '{"time":"2026-11-21T07:53:07.453652553Z","tree":"583f96ef42c029f2ba2b091f67303c1ae66cecc4464d72fe0f65387492365925",' +
  '"paths":["/tmp/rr/s2"],"hostname":"vm","username":"nobody","uid":65534,"gid":65534,' +
  '"id":"0e4065c81d6451ae48943525fa2d420282e251309c07e6026d9f0a0340c162aa","short_id":"0e4065c8"}';
const of019 =
  '{"time":"2026-11-21T09:53:21.801818611+02:00","parent":"37","tree":"3b","paths":["/home","/etc"],"hostname":"alpha",' +
  '"username":"root","tags":["daily","db"],"original":"373d2067e1e9a7136a2e83077c0bf2b8b6302c25fe73697a596d90553e293459",' +
  '"program_version":"restic 0.19.1","summary":{"files_new":1,' +
  '"total_files_processed":12,"total_bytes_processed":2,"backup_start":"2026-11-21T09:53:21.8+02:00",' +
  '"backup_end":"2026-11-21T09:54:23.3+02:00"},' +
  '"id":"79ad79951fa6c0551103d8b42ddf56e582f103077053fb73612ad39a6db23023","short_id":"79ad7995"}';

describe("parseSnapshots()", () => {
  it("reads a snapshot of 0.14 and one of 0.19, in the order they came", () =>
    expect(parseSnapshots(`[${of014},${of019}]\n`)).toEqual([
      {
        id: "0e4065c81d6451ae48943525fa2d420282e251309c07e6026d9f0a0340c162aa",
        time: parseInstant("2026-11-21T07:53:07.453Z"),
        timeText: "2026-11-21T07:53:07.453652553Z",
        host: "vm",
        username: "nobody",
        paths: ["/tmp/rr/s2"],
        tags: [],
        original: null,
      },
      {
        id: "79ad79951fa6c0551103d8b42ddf56e582f103077053fb73612ad39a6db23023",
        time: parseInstant("2026-11-21T07:53:21.801Z"),
        timeText: "2026-11-21T09:53:21.801818611+02:00",
        host: "alpha",
        username: "root",
        paths: ["/home", "/etc"],
        tags: ["daily", "db"],
        original: "373d2067e1e9a7136a2e83077c0bf2b8b6302c25fe73697a596d90553e293459",
        summary: { files: 12, bytes: 2, duration: 61_500 },
      },
    ]));

  it.each(["[]", "[]\n", "null", " null\n"])("takes %j for a repository without snapshots", (json) =>
    expect(parseSnapshots(json)).toEqual([]),
  );

  it.each([
    ["nothing", ""],
    ["text", "Fatal: wrong password or no key found"],
    ["a list that was cut off", `[${of014},`],
    ["an object", of014],
    ["a number", "0"],
    ["the word null in a string", '"null"'],
    ["a list of something else", "[null]"],
    ["a snapshot without an id among good ones", `[${of014},{"time":"2026-11-21T07:53:07Z"}]`],
    ["a snapshot without a time", '[{"id":"0e4065c8"}]'],
    ["a snapshot with a time without a zone", '[{"id":"0e4065c8","time":"2026-11-21T07:53:07"}]'],
    ["two documents", `[${of014}]\n[]`],
  ])("finds no list of snapshots in %s", (_, json) => expect(parseSnapshots(json)).toBeNull());

  it("leaves out paths and tags that are no text", () =>
    expect(parseSnapshots('[{"id":"a","time":"2026-11-21T07:53:07Z","paths":["/a",7,null],"tags":null}]')).toEqual([
      expect.objectContaining({ paths: ["/a"], tags: [], host: "", username: "" }),
    ]));
});
