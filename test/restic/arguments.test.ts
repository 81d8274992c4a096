import { describe, expect, it } from "vitest";
import { backupArguments, type BackupOptions } from "../../src/restic/arguments/backup.ts";
import { catConfigArguments } from "../../src/restic/arguments/cat-config.ts";
import { checkArguments } from "../../src/restic/arguments/check.ts";
import { forgetArguments, forgetTrialArguments } from "../../src/restic/arguments/forget.ts";
import { globalArguments, lockWaitArguments } from "../../src/restic/arguments/global.ts";
import { initArguments } from "../../src/restic/arguments/init.ts";
import { pruneArguments } from "../../src/restic/arguments/prune.ts";
import { restoreArguments } from "../../src/restic/arguments/restore.ts";
import { snapshotsArguments } from "../../src/restic/arguments/snapshots.ts";
import { unlockArguments } from "../../src/restic/arguments/unlock.ts";
import { release, sampleAccess, sampleSecrets } from "./sample-access.ts";

const plain = sampleAccess();
const special = sampleAccess({ bucketLookup: "path", caFile: "/etc/ssl/ca.pem" });
const reach = ["-o", "s3.bucket-lookup=path", "--cacert=/etc/ssl/ca.pem"];
const lock = ["--retry-lock=600s"];
const id = "a".repeat(64);
const otherId = "0123456789abcdef".repeat(4);

function backup(options: Partial<BackupOptions>, version = "0.19.1"): readonly string[] {
  const request = { version: release(version), dryRun: false, lock: [] };
  return backupArguments(plain, { paths: ["/home"], ...options }, request);
}

const restore = { snapshot: id, target: "/mnt/back", include: [], dryRun: false };

const calls: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["init", initArguments(special), ["init", "--json", ...reach]],
  ["cat config without a lock", catConfigArguments(special), ["cat", "config", "--no-lock", ...reach]],
  ["snapshots without a lock", snapshotsArguments(special), ["snapshots", "--json", "--no-lock", ...reach]],
  ["unlock of stale locks only", unlockArguments(special), ["unlock", ...reach]],
  ["prune", pruneArguments(special, lock), ["prune", ...reach, ...lock]],
  [
    "prune within limits",
    pruneArguments(plain, [], { "max-unused": "5%", "max-repack-size": "2G" }),
    ["prune", "--max-unused=5%", "--max-repack-size=2G"],
  ],
  [
    "forget and prune, tried without a lock",
    forgetTrialArguments(special, [id], { "max-unused": "unlimited" }),
    ["forget", ...reach, "--dry-run", "--no-lock", "--prune", "--max-unused=unlimited", "--", id],
  ],
  ["forget", forgetArguments(special, [id, otherId], lock), ["forget", ...reach, ...lock, "--", id, otherId]],
  ["check", checkArguments(special, { readDataSubset: null, lock }), ["check", "--json", ...reach, ...lock]],
  [
    "check of a part of the data",
    checkArguments(plain, { readDataSubset: "5%", lock: [] }),
    ["check", "--json", "--read-data-subset=5%"],
  ],
  [
    "check of all data",
    checkArguments(plain, { readDataSubset: "100%", lock: [] }),
    ["check", "--json", "--read-data"],
  ],
  [
    "restore without a lock",
    restoreArguments(special, restore),
    ["restore", "--json", "--no-lock", ...reach, "--target=/mnt/back", "--", id],
  ],
  [
    "restore of some files, as a trial",
    restoreArguments(plain, { ...restore, include: ["/etc", "*.txt"], dryRun: true }),
    ["restore", "--json", "--no-lock", "--target=/mnt/back", "--include=/etc", "--include=*.txt", "--dry-run"].concat([
      "--",
      id,
    ]),
  ],
  [
    "backup",
    backupArguments(special, { paths: ["/home", "/etc"] }, { version: release("0.14.0"), dryRun: true, lock }),
    ["backup", "--json", ...reach, ...lock, "--dry-run", "--", "/home", "/etc"],
  ],
];

describe("arguments of restic", () => {
  it.each(calls)("%s", (_, actual, expected) => expect(actual).toEqual(expected));

  it.each(calls)("%s: holds no secret, no access key and no location", (_, actual) => {
    const hidden = [...sampleSecrets, plain.credentials.accessKey, plain.location.endpoint];
    for (const word of hidden) expect(actual.join("\n")).not.toContain(word);
  });
});

describe("globalArguments()", () => {
  it("says nothing that restic would do by itself", () => expect(globalArguments(plain)).toEqual([]));
  it("passes the addressing of buckets on", () =>
    expect(globalArguments(sampleAccess({ bucketLookup: "dns" }))).toEqual(["-o", "s3.bucket-lookup=dns"]));
  it("keeps a file name that begins with a dash in one word with its flag", () =>
    expect(globalArguments(sampleAccess({ caFile: "-ca.pem" }))).toEqual(["--cacert=-ca.pem"]));
});

describe("lockWaitArguments()", () => {
  it.each([
    [0, []],
    [-5, []],
    [1, ["--retry-lock=1s"]],
    [1500, ["--retry-lock=2s"]],
    [600_000, ["--retry-lock=600s"]],
  ])("turns %d ms into %j", (patience, expected) => expect(lockWaitArguments(patience)).toEqual(expected));
});

describe("backupArguments()", () => {
  it.each<[string, Partial<BackupOptions>, readonly string[]]>([
    ["exclude", { exclude: ["*.cache", "node_modules"] }, ["--exclude=*.cache", "--exclude=node_modules"]],
    ["iexclude", { iexclude: ["*.TMP"] }, ["--iexclude=*.TMP"]],
    ["exclude-file", { "exclude-file": ["/etc/not"] }, ["--exclude-file=/etc/not"]],
    ["exclude-caches", { "exclude-caches": true }, ["--exclude-caches"]],
    ["exclude-if-present", { "exclude-if-present": [".nobackup"] }, ["--exclude-if-present=.nobackup"]],
    ["exclude-larger-than", { "exclude-larger-than": "1G" }, ["--exclude-larger-than=1G"]],
    ["files-from", { "files-from": ["/etc/list"] }, ["--files-from=/etc/list"]],
    ["one-file-system", { "one-file-system": true }, ["--one-file-system"]],
    ["tag", { tag: ["daily", "db"] }, ["--tag=daily", "--tag=db"]],
    ["host", { host: "alpha" }, ["--host=alpha"]],
    ["ignore-inode", { "ignore-inode": true }, ["--ignore-inode"]],
    ["ignore-ctime", { "ignore-ctime": true }, ["--ignore-ctime"]],
    ["with-atime", { "with-atime": true }, ["--with-atime"]],
    ["compression", { compression: "max" }, ["--compression=max"]],
    ["pack-size", { "pack-size": 64 }, ["--pack-size=64"]],
    ["read-concurrency", { "read-concurrency": 4 }, ["--read-concurrency=4"]],
    ["skip-if-unchanged", { "skip-if-unchanged": true }, ["--skip-if-unchanged"]],
    ["no-scan", { "no-scan": true }, ["--no-scan"]],
    ["limit-upload", { "limit-upload": 0 }, ["--limit-upload=0"]],
    ["a switch that is off", { "one-file-system": false }, []],
    ["an option that is not set", { host: undefined }, []],
    ["an empty list", { tag: [] }, []],
  ])("passes %s on", (_, options, expected) =>
    expect(backup(options)).toEqual(["backup", "--json", ...expected, "--", "/home"]),
  );

  it("never lets a value that begins with a dash become a flag", () =>
    expect(backup({ paths: ["-r", "--password-command=rm"], exclude: ["--dry-run"], tag: ["-v"], host: "-h" })).toEqual(
      ["backup", "--json", "--exclude=--dry-run", "--tag=-v", "--host=-h", "--", "-r", "--password-command=rm"],
    ));

  it.each<[string, Partial<BackupOptions>, string, string]>([
    ["read-concurrency", { "read-concurrency": 4 }, "0.14.0", "0.15.0"],
    ["no-scan", { "no-scan": true }, "0.14.0", "0.15.0"],
    ["skip-if-unchanged", { "skip-if-unchanged": true }, "0.16.5", "0.17.0"],
    ["compression: fastest", { compression: "fastest" }, "0.18.1", "0.19.0"],
    ["compression: better", { compression: "better" }, "0.18.1", "0.19.0"],
  ])("refuses %s where restic does not have it, and takes it where it came", (name, options, without, since) => {
    const problem = `restic ${without} does not have it; it came with ${since}`;
    expect(() => backup(options, without)).toThrow(
      expect.objectContaining({
        kind: "config",
        subject: name,
        problem,
        hint: expect.stringContaining(since) as string,
      }),
    );
    expect(() => backup(options, since)).not.toThrow();
  });

  it("does not refuse an option that is switched off", () =>
    expect(backup({ "skip-if-unchanged": false }, "0.14.0")).toEqual(["backup", "--json", "--", "/home"]));
});

describe("restoreArguments()", () => {
  it("never lets a value that begins with a dash become a flag", () => {
    const request = { snapshot: "--verify", target: "-t", include: ["-i"], dryRun: false };
    expect(restoreArguments(plain, request).slice(3)).toEqual(["--target=-t", "--include=-i", "--", "--verify"]);
  });
});

describe.each([
  ["forgetArguments()", (ids: readonly string[]) => forgetArguments(plain, ids, [])],
  ["forgetTrialArguments()", (ids: readonly string[]) => forgetTrialArguments(plain, ids, {})],
])("%s", (_name, make) => {
  it.each<[string, readonly string[]]>([
    ["an empty list, with which restic would apply a policy", []],
    ["a short id, which may fit two snapshots", ["a1b2c3d4"]],
    ["one short id among full ones", [id, "a1b2c3d4"]],
    ["latest", ["latest"]],
    ["a flag", ["--keep-last=1"]],
    ["capital letters", [id.toUpperCase()]],
    ["a line after the id", [`${id}\n`]],
  ])("refuses %s", (_, ids) => expect(() => make(ids)).toThrow(RangeError));
});
