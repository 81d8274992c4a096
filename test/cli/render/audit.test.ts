import { describe, expect, it } from "vitest";
import type { Check } from "../../../src/access/check.ts";
import { auditLines, type AuditShown } from "../../../src/cli/render/audit.ts";
import { openScreen, type Screen } from "../../../src/cli/render/screen.ts";
import { sampleProfile } from "../../doubles/sample-profile.ts";
import { locationAt } from "../../stores/real-stores.ts";

function screenOf(columns: number): Screen {
  const stream = { columns, write: () => true };
  return openScreen({ json: false, quiet: false, color: false, stdout: stream, stderr: stream });
}

function check(attempt: string, more: Partial<Check> = {}): Check {
  const common = {
    role: "writer",
    expected: "refused",
    got: "refused",
    ok: true,
    detail: "",
    cost: "all is lost",
  } as const;
  return { ...common, isHole: false, fix: null, forms: [], attempt, ...more };
}

const guard = "no policy of Sample Store closes this: put templates/minio-guard in front of it, see docs/keys.md";
const hole = check("snowball upload", {
  got: "allowed",
  ok: false,
  isHole: true,
  fix: guard,
  detail: "the old bytes are gone",
});
const mistake = check("destroy a version", {
  got: "allowed",
  ok: false,
  fix: "take s3:DeleteObjectVersion from the writer",
});
const kept = check("overwrite for good", { detail: "the old version stays, proven by reading it back" });
const untried = check("bypass retention", { got: "not tried", detail: "this bucket has no object lock" });

function lines(width: number, checks: readonly Check[], more: Partial<AuditShown> = {}): readonly string[] {
  const location = locationAt("http://127.0.0.1:1", "backups/home");
  const profile = sampleProfile();
  return auditLines(
    { repository: "home", location, profile, checks, findings: [], quick: false, took: 3200, ...more },
    screenOf(width),
  );
}

describe("auditLines()", () => {
  it.each([60, 80, 200])("fits into %i columns", (width) => {
    const finding = {
      rule: "r",
      severity: "warning",
      subject: "s",
      evidence: "e ".repeat(60),
      remedy: "m ".repeat(20),
    } as const;
    const shown = lines(width, [kept, hole, mistake, untried], { findings: [finding] });
    expect(shown.filter((line) => line.length > width)).toEqual([]);
  });

  it("aligns what was tried, what came of it and what was seen", () => {
    expect(lines(80, [kept, check("delete an object"), untried])).toEqual([
      "What a thief of the writer's key could do in backups/home",
      "  (Sample Store, 3 trials, 3.2 s)",
      "",
      "  overwrite for good       refused    the old version stays, proven by reading",
      "                                      it back",
      "  delete an object         refused",
      "  bypass retention         not tried  this bucket has no object lock",
      "",
      "2 trials as expected, 1 not tried",
      "Next:  holdfast audit home --quick     from a timer",
    ]);
  });

  it("shouts a surprise, with what it costs, and says what to change", () => {
    const shown = lines(200, [hole, mistake]);
    expect(shown).toContain("  snowball upload          ALLOWED    the old bytes are gone: all is lost");
    expect(shown).toContain("  destroy a version        ALLOWED    all is lost");
    expect(shown.slice(-6)).toEqual([
      "2 surprises. What to change:",
      "  writer: snowball upload:",
      `    ${guard}`,
      "  writer: destroy a version:",
      "    take s3:DeleteObjectVersion from the writer",
      "Next:  holdfast policy writer home",
    ]);
  });

  it("does not send to the policy for what no policy closes", () => {
    expect(lines(80, [hole]).at(-1)).toBe("Next:  holdfast audit home");
  });

  it("tells a right that is missing and an error apart from a hole", () => {
    const missing = check("remove its locks", { expected: "allowed", got: "refused", ok: false, fix: "grant it" });
    const error = check("list versions", {
      got: "error",
      ok: false,
      detail: "the store answers 500",
      fix: "run it again",
    });
    const shown = lines(200, [missing, error]);
    expect(shown).toContain("  remove its locks         REFUSED    this role needs it");
    expect(shown).toContain("  list versions            ERROR      the store answers 500");
  });

  it("counts the findings besides that exit 80 is for", () => {
    const finding = { rule: "r", subject: "s", evidence: "seen", remedy: "mend it" } as const;
    const findings = [
      { ...finding, severity: "alarm" },
      { ...finding, severity: "notice" },
    ] as const;
    const shown = lines(200, [kept], { findings });
    expect(shown).toContain("  alarm    seen; mend it");
    expect(shown.slice(-2)).toEqual(["1 trial as expected, 1 finding besides", "Next:  holdfast audit home"]);
  });

  it("does not take it for a success that nothing could be tried", () => {
    expect(lines(80, [untried], { quick: true }).slice(-2)).toEqual([
      "Nothing could be tried, so nothing is proven",
      "Next:  holdfast audit home",
    ]);
  });

  it("heads the table of each key with its role", () => {
    const shown = lines(200, [kept, { ...kept, role: "pruner" }]);
    expect(shown.filter((line) => line.startsWith("What a thief of the "))).toEqual([
      "What a thief of the writer's key could do in backups/home   (Sample Store, 1 trial)",
      "What a thief of the pruner's key could do in backups/home   (Sample Store, 1 trial)",
    ]);
  });
});
