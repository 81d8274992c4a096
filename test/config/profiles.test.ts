import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { knownProviders } from "../../src/config/known-providers.ts";
import { parseProfile } from "../../src/config/profiles.ts";
import type { ProfileFact, ProviderProfile } from "../../src/store/provider-profile.ts";
import { failureOf } from "./sample.ts";

const folder = path.resolve(import.meta.dirname, "../../profiles");
const files = readdirSync(folder);
const textOf = (file: string): string => readFileSync(path.join(folder, file), "utf8");
const factsOf = ({ name, title, ...facts }: ProviderProfile): readonly (readonly [string, ProfileFact<unknown>])[] => {
  expect([name, title]).not.toContain("");
  return Object.entries(facts);
};

describe("profiles/", () => {
  it("has a file for each provider that a configuration may name, and no other", () =>
    expect(files.toSorted()).toEqual(knownProviders.map((name) => `${name}.yaml`).toSorted()));

  it.each(files)("%s is right, under its own name", (file) =>
    expect(`${parseProfile(textOf(file), file).name}.yaml`).toBe(file),
  );

  it.each(files)("%s says of each fact that was tried on what it was", (file) => {
    const groundless = factsOf(parseProfile(textOf(file), file)).filter(
      ([, { evidence, note }]) => evidence === "tried" && note === undefined,
    );
    expect(groundless).toEqual([]);
  });

  it("assumes nothing of a generic store", () => {
    const facts = factsOf(parseProfile(textOf("generic.yaml"), "generic.yaml"));
    expect(facts.filter(([, { value }]) => value !== null)).toEqual([]);
  });
});

describe("parseProfile()", () => {
  const right = textOf("generic.yaml");
  const versioning = /^versioning:.*$/m;
  it.each([
    ["not YAML", right.replace(versioning, "versioning: {"), ""],
    ["empty", "", ""],
    ["without a fact", right.replace(versioning, ""), "versioning"],
    ["with a fact that nobody reads", `${right}\ncolour: { value: null, evidence: unknown }\n`, "colour"],
    ["with a fact twice", `${right}\nversioning: { value: null, evidence: unknown }\n`, ""],
    [
      "with a fact without its evidence",
      right.replace(versioning, "versioning: { value: none }"),
      "versioning.evidence",
    ],
    ["with a bare value", right.replace(versioning, "versioning: none"), "versioning"],
    [
      "with a value that no code knows",
      right.replace(versioning, "versioning: { value: maybe, evidence: tried }"),
      "versioning.value",
    ],
    [
      "with a known value of unknown evidence",
      right.replace(versioning, "versioning: { value: none, evidence: unknown }"),
      "versioning",
    ],
    [
      "with evidence of no value",
      right.replace(versioning, "versioning: { value: null, evidence: tried }"),
      "versioning",
    ],
    ["with a name that is none", right.replace(/^name:.*$/m, "name: ../x"), "name"],
  ])("fails with `defect` and names the field: a profile %s", (_, text, field) => {
    const failure = failureOf(() => parseProfile(text, "profiles/generic.yaml"));
    expect(failure).toMatchObject({ kind: "defect", subject: "profiles/generic.yaml" });
    expect(failure.problem).toContain(field);
  });

  it("names every field at fault", () => {
    const failure = failureOf(() => parseProfile(right.replace(versioning, "").replace(/^markers:.*$/m, ""), "p.yaml"));
    expect(failure.problem).toMatch(/versioning.*; markers/);
  });
});
