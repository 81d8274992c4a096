import { describe, expect, it } from "vitest";
import { providerFindings } from "../../src/repository/provider-findings.ts";
import type { ProviderProfile } from "../../src/store/provider-profile.ts";
import { sampleProfile } from "../doubles/sample-profile.ts";

const tried = <T>(value: T) => ({ value, evidence: "tried" }) as const;
const rulesOf = (facts: Partial<ProviderProfile>): readonly string[] =>
  providerFindings(sampleProfile(facts)).map(({ rule }) => rule);

describe("providerFindings()", () => {
  it.each<[string, Partial<ProviderProfile>, Partial<ProviderProfile>, string]>([
    ["a history that can be forged", { historyForgeable: tried(true) }, { historyForgeable: tried(false) }, "warning"],
    ["keys that cannot be limited", { policyVocabulary: tried("none") }, { policyVocabulary: tried("iam") }, "alarm"],
    ["old versions that pile up", { lifecycle: tried("none") }, { lifecycle: tried("noncurrent-days") }, "notice"],
    ["a missing object lock", { objectLock: tried("none") }, { objectLock: tried("retention") }, "notice"],
  ])("tells of %s, and only where it is so", (_, bad, good, severity) => {
    const findings = providerFindings(sampleProfile(bad));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ severity, subject: "Sample Store" });
    expect(findings[0]?.remedy).not.toBe("");
    expect(rulesOf(good)).toEqual([]);
  });

  it("tells of all that a store lacks, each under a rule of its own", () =>
    expect(
      rulesOf({
        historyForgeable: tried(true),
        policyVocabulary: tried("none"),
        lifecycle: tried("none"),
        objectLock: tried("none"),
      }),
    ).toEqual(["history-forgeable", "no-policies", "no-lifecycle", "no-object-lock"]));

  it("claims nothing about a store of which nothing is known", () => expect(rulesOf({})).toEqual([]));
});
