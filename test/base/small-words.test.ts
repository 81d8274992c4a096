import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../src/base/duration.ts";
import { Failure } from "../../src/base/failure.ts";
import { nearestWord } from "../../src/base/nearest-word.ts";
import { displayLocation, parseRepositoryLocation } from "../../src/base/repository-location.ts";
import { Secret } from "../../src/base/secret.ts";

describe("parseDuration()", () => {
  it.each([
    ["90s", 90_000],
    ["90m", 5_400_000],
    ["35d", 3_024_000_000],
    ["1d12h", 129_600_000],
  ])("reads %s", (text, expected) => expect(parseDuration(text)).toBe(expected));
  it.each(["", "0s", "5", "d", "-1d", "1.5h", "1y", "99999999999999999d"])("refuses %j", (text) =>
    expect(parseDuration(text)).toBeNull(),
  );
  it("is shown by its two largest units", () => {
    expect(formatDuration(100_000_000)).toBe("1d 3h");
    expect(formatDuration(0)).toBe("0s");
  });
});

describe("parseRepositoryLocation()", () => {
  it.each([
    ["s3:https://s3.example.org/backups/home", "https://s3.example.org", "backups", "home/"],
    ["s3:http://127.0.0.1:9000/backups", "http://127.0.0.1:9000", "backups", ""],
    ["s3:s3.amazonaws.com/backups/a/b/", "https://s3.amazonaws.com", "backups", "a/b/"],
    ["s3://host/backups//home//", "https://host", "backups", "home/"],
  ])("reads %s", (spelling, endpoint, bucket, prefix) =>
    expect(parseRepositoryLocation(spelling)).toEqual({ spelling, endpoint, bucket, prefix }),
  );
  it.each([
    "/srv/repo",
    "s3:https://host",
    "b2:bucket:path",
    "s3:https://key:secret@host/bucket",
    "s3:https://h/b/../c",
    "s3:https://h/b/%ff",
    "s3:",
  ])("refuses %s", (spelling) => expect(parseRepositoryLocation(spelling)).toBeNull());
  it("is displayed without its last slash", () => {
    const location = parseRepositoryLocation("s3:https://h/backups/home");
    expect(location === null ? "" : displayLocation(location)).toBe("backups/home");
  });
});

describe("nearestWord()", () => {
  it("finds the word that a slip of the finger stands for", () => {
    expect(nearestWord("keep-dialy", ["keep-daily", "keep-weekly"])).toBe("keep-daily");
    expect(nearestWord("passwrod", ["password", "provider"])).toBe("password");
  });
  it("suggests nothing that is far off", () => expect(nearestWord("colour", ["password", "keys"])).toBeNull());
});

describe("Secret", () => {
  it("shows itself nowhere but through reveal()", () => {
    const secret = new Secret("hunter2");
    expect(`${String(secret)} ${JSON.stringify({ secret })} ${inspect({ secret })}`).not.toContain("hunter2");
    expect(secret.reveal()).toBe("hunter2");
  });
});

describe("Failure", () => {
  it("reads as an action, a quoted subject and the state now", () => {
    const failure = new Failure({
      kind: "refused",
      action: "roll back",
      subject: "home",
      problem: "it is locked",
      hint: "wait",
    });
    expect(failure.message).toBe('Cannot roll back "home": it is locked');
    expect(failure.with({ key: "writer" }).details).toEqual({ key: "writer" });
  });
});
