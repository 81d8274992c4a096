import { describe, expect, it } from "vitest";
import { canaryFolder, canaryLockPrefix, repositoryObject } from "../../src/restic/layout.ts";

const name = `3f${"9c".repeat(31)}`;

describe("repositoryObject()", () => {
  it.each([
    [`data/3f/${name}`, { kind: "data", sha256: name }],
    [`index/${name}`, { kind: "index", sha256: name }],
    [`snapshots/${name}`, { kind: "snapshots", sha256: name }],
    [`keys/${name}`, { kind: "keys", sha256: name }],
    [`locks/${name}`, { kind: "lock" }],
    ["config", { kind: "config" }],
    [`${canaryFolder}${name}`, { kind: "canary" }],
    [`${canaryFolder}data/3f/${name}`, { kind: "canary" }],
    [`${canaryLockPrefix}1`, { kind: "canary" }],
    ["data/3f/holdfast-canary-1", { kind: "canary" }],
    ["keys/holdfast-canary-1", { kind: "canary" }],
  ])("knows %s", (path, expected) => expect(repositoryObject(path)).toEqual(expected));

  it.each([
    ["a pack in the folder of another", `data/40/${name}`],
    ["a pack without its folder", `data/${name}`],
    ["a pack one folder too deep", `data/3f/3f/${name}`],
    ["an index in a folder", `index/3f/${name}`],
    ["a lock in a folder", `locks/3f/${name}`],
    ["a name that is too short", `keys/${name.slice(1)}`],
    ["a name that is too long", `keys/${name}0`],
    ["a name in capitals", `keys/${name.toUpperCase()}`],
    ["a name with an ending", `snapshots/${name}.tmp`],
    ["a folder that restic does not have", `tree/${name}`],
    ["a name without a folder", name],
    ["config in a folder", "keys/config"],
    ["config with an ending", "config.bak"],
    ["an empty key", ""],
    ["the mark of a folder", "data/"],
    ["what every object has from JavaScript", `constructor/${name}`],
    ["a key that still has the repository's prefix", `home/data/3f/${name}`],
  ])("takes %s for foreign", (_, path) => expect(repositoryObject(path)).toEqual({ kind: "foreign" }));
});
