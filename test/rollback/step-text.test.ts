import { describe, expect, it } from "vitest";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { versionId } from "../../src/base/version-id.ts";
import { stepLine } from "../../src/rollback/plan-lines.ts";
import type { RowRef, UnnumberedStep } from "../../src/rollback/step.ts";
import { StepText } from "../../src/rollback/step-text.ts";

const at = instantFromMilliseconds(Date.parse("2026-11-20T03:00:00.120Z"));
const version: RowRef = { versionId: versionId('v "1"'), kind: "version", lastModified: at, size: 7, etag: 'e\\"' };
const marker: RowRef = { versionId: versionId("m1"), kind: "marker", lastModified: at, size: null, etag: null };
const common = { key: objectKey('home/data/3f/é"\n'), reason: 'hidden after T; "so"', proof: "none" } as const;

describe("StepText.tail()", () => {
  it.each<[string, UnnumberedStep]>([
    [
      "lifts markers",
      { ...common, action: "liftMarker", from: marker, to: version, markers: ["m1", "m\\2"].map(versionId) },
    ],
    ["copies", { ...common, action: "copyVersion", from: version, to: { ...version, size: 0, etag: "" }, markers: [] }],
    ["hides", { ...common, action: "hide", from: version, to: null, markers: [], nullBelow: version }],
  ])("writes of a step that %s what JSON.stringify would", (_, step) => {
    const { type, n, ...rest } = stepLine({ n: 1, ...step });
    expect({ type, n }).toEqual({ type: "step", n: 1 });
    expect(`{${new StepText().tail(step)}`).toBe(JSON.stringify(rest));
  });
});
