import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { roles } from "../../src/base/role.ts";
import { knownProviders } from "../../src/config/known-providers.ts";
import { parseConfiguration } from "../../src/config/parse.ts";

const template = readFileSync(path.resolve(import.meta.dirname, "../../templates/config.yaml"), "utf8");

describe("templates/config.yaml", () => {
  it("is a right configuration for a host that backs up", () => {
    const home = parseConfiguration(template, "config.yaml").repositories.get("home");
    expect([...(home?.keys.keys() ?? [])]).toEqual(["writer"]);
    expect(home?.backup?.paths).toEqual(["/etc", "/home"]);
    expect(home?.retention).toBeNull();
  });

  it("names every provider that there is", () => {
    const words = template.split(/\W+/);
    expect(knownProviders.filter((name) => !words.includes(name))).toEqual([]);
  });

  it("stays right with every line switched on", () => {
    const switchedOn = template.replace(/^( *)#(?=\w)/gm, "$1");
    const home = parseConfiguration(switchedOn, "config.yaml").repositories.get("home");
    expect([...(home?.keys.keys() ?? [])].toSorted()).toEqual(roles.toSorted());
    expect(home?.retention?.["keep-monthly"]).toBe(12);
    expect(home?.bucketLookup).toBe("path");
  });
});
