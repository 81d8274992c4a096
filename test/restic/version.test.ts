import { describe, expect, it } from "vitest";
import { sinceRelease, supports, type ResticFeature } from "../../src/restic/features.ts";
import { compareVersions, parseResticVersion } from "../../src/restic/version.ts";
import { release } from "./sample-access.ts";

describe("parseResticVersion()", () => {
  it.each([
    ["the text of 0.14", "restic 0.14.0 compiled with go1.19.8 on linux/amd64\n", [0, 14, 0, "0.14.0"]],
    [
      "the text of a build from source",
      "restic 0.16.4-dev (compiled manually) compiled with go1.21",
      [0, 16, 4, "0.16.4-dev"],
    ],
    ["a warning before the text", "warning: no cache\nrestic 0.15.2 compiled with go1.20", [0, 15, 2, "0.15.2"]],
    [
      "the JSON of 0.19",
      '{"message_type":"version","version":"0.19.1","go_version":"go1.26.4","go_os":"linux","go_arch":"amd64"}',
      [0, 19, 1, "0.19.1"],
    ],
    [
      "the JSON of a build from source",
      '{"message_type":"version","version":"0.18.0-dev","go_version":"go1"}',
      [0, 18, 0, "0.18.0-dev"],
    ],
    ["a release with numbers of two digits", "restic 1.20.13 compiled with go2", [1, 20, 13, "1.20.13"]],
  ] as const)("reads %s", (_, output, [major, minor, patch, text]) =>
    expect(parseResticVersion(output)).toEqual({ major, minor, patch, text }),
  );

  it.each([
    "",
    "rustic 0.9.3",
    "borg 1.4.0",
    "restic",
    '{"version":"latest"}',
    "unknown flag: --json",
    "restic 0.14",
    "this is not restic 0.14.0",
  ])("finds no release in %j", (output) => expect(parseResticVersion(output)).toBeNull());
});

describe("compareVersions()", () => {
  it.each([
    ["0.9.6", "0.14.0", -1],
    ["0.17.3", "0.17.10", -1],
    ["1.0.0", "0.19.1", 1],
    ["0.18.0-dev", "0.18.0", 0],
  ])("puts %s and %s in order", (a, b, expected) =>
    expect(Math.sign(compareVersions(release(a), release(b)))).toBe(expected),
  );
});

describe("supports()", () => {
  it.each<[ResticFeature, string, string]>([
    ["init-json", "0.14.0", "0.15.0"],
    ["full-snapshot-id", "0.14.0", "0.15.0"],
    ["read-concurrency", "0.14.0", "0.15.0"],
    ["no-scan", "0.14.0", "0.15.0"],
    ["retry-lock", "0.15.2", "0.16.0"],
    ["restore-json", "0.15.2", "0.16.0"],
    ["exit-codes-10-11", "0.16.5", "0.17.0"],
    ["exit-code-12", "0.17.0", "0.17.1"],
    ["sigterm", "0.16.5", "0.17.0"],
    ["skip-if-unchanged", "0.16.5", "0.17.0"],
    ["check-json", "0.17.3", "0.18.0"],
    ["compression-levels", "0.18.1", "0.19.0"],
  ])("knows that %s is not in %s and came with %s", (feature, without, since) => {
    expect(supports(release(without), feature)).toBe(false);
    expect(supports(release(since), feature)).toBe(true);
    expect(sinceRelease(feature)).toBe(since);
  });
});
