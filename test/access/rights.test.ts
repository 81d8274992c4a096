import { describe, expect, it } from "vitest";
import {
  covers,
  grantsOf,
  isGranted,
  repositoryAreas,
  rights,
  type Area,
  type Right,
} from "../../src/access/rights.ts";
import { roles, type Role } from "../../src/base/role.ts";

describe("isGranted()", () => {
  it.each<[Role, Right, Area, boolean]>([
    ["writer", "put", "data/", true],
    ["writer", "put", "locks/", true],
    ["writer", "put", "keys/", false],
    ["writer", "put", "config", false],
    ["writer", "put", "prefix", false],
    ["writer", "hide", "locks/", true],
    ["writer", "hide", "data/", false],
    ["writer", "read version", "prefix", false],
    ["pruner", "put", "keys/", false],
    ["pruner", "hide", "config", true],
    ["pruner", "hide", "bucket", false],
    ["purger", "put", "locks/", false],
    ["purger", "hide", "data/", false],
    ["purger", "read current", "data/", false],
    ["rescuer", "put", "keys/", true],
    ["rescuer", "put", "holdfast-canary/", true],
    ["rescuer", "put", "bucket", false],
    ["monitor", "list versions", "prefix", true],
    ["monitor", "list versions", "bucket", false],
    ["monitor", "read current", "prefix", false],
  ])("a %s may %s in %s: %s", (role, right, area, expected) => expect(isGranted(role, right, area)).toBe(expected));

  const having = (right: Right): readonly Role[] =>
    roles.filter((role) => grantsOf[role].some((grant) => grant.rights.includes(right)));

  it.each<[Right, readonly Role[]]>([
    ["lift marker", ["rescuer"]],
    ["destroy version", ["purger"]],
    ["change settings", ["rescuer"]],
    ["read version", ["rescuer"]],
    ["change access", []],
    ["lock version", []],
    ["bypass lock", []],
    ["delete bucket", []],
  ])("grants to %s only %j", (right, expected) => expect(having(right)).toEqual(expected));

  it("lets a monitor do nothing but look", () => {
    const held = new Set(grantsOf.monitor.flatMap((grant) => grant.rights));
    expect(
      [...held].every((right) => /^(?:list|find|read settings|read versioning|read lock default)/.test(right)),
    ).toBe(true);
  });
});

describe("covers()", () => {
  const areas: readonly Area[] = ["bucket", "prefix", ...repositoryAreas];
  it("holds of each area in itself, and of no part in another", () => {
    for (const outer of areas)
      for (const inner of areas) {
        const isWider = outer === "bucket" || (outer === "prefix" && inner !== "bucket");
        expect([outer, inner, covers(outer, inner)]).toEqual([outer, inner, outer === inner || isWider]);
      }
  });
});

it("names each right once", () => expect(new Set(rights).size).toBe(rights.length));
