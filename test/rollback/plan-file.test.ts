import { describe, expect, it } from "vitest";
import { ChainWriter, parseChainedLines } from "../../src/base/chained-lines.ts";
import type { Line } from "../../src/base/chained-lines.ts";
import { Failure } from "../../src/base/failure.ts";
import { readEvidence } from "../../src/history/read-evidence.ts";
import { readPlan } from "../../src/rollback/plan-file.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import { Scene } from "./scene.ts";

/** One of each kind of line: lifted, copied, hidden, ambiguous, unrecoverable. */
async function attackedScene(): Promise<{ readonly scene: Scene; readonly text: string }> {
  const scene = new Scene();
  const { T, pack, config, all } = await scene.repository();
  const index = all[4] ?? pack;
  await scene.store.destroyVersions((await scene.rows()).filter((row) => row.key === index));
  scene.inject(index, { id: "forged", at: T, content: "forged" });
  await scene.put(pack, "junk");
  await scene.hide(...all.filter((key) => key !== pack && key !== config));
  scene.inject(config, { id: "after", at: scene.clock.now(), content: "after" });
  scene.inject(config, { id: "back-dated", at: T, content: "back" });
  await scene.restic("keys", "evil key");
  await scene.restic("snapshots", "evil snapshot");
  await scene.put(scene.key("README"), "pay");
  const { result } = await scene.plan(T);
  return { scene, text: scene.text(result.plan) };
}

/** The same lines, changed by `edit`, with a chain that is right again: what a careful forger can do. */
function rechained(text: string, edit: (lines: Line[]) => void): string {
  const lines = parseChainedLines(text).lines.map((line) => ({ ...line }));
  edit(lines);
  const chain = new ChainWriter();
  return lines.map((line) => `${chain.line(line)}\n`).join("");
}

async function damage(scene: Scene, text: string): Promise<string> {
  await scene.state.replace("plans/spoilt", text);
  const file = await scene.state.open("plans/spoilt");
  try {
    if (file !== null) await readPlan(file);
  } catch (error) {
    if (error instanceof Failure && error.kind === "damaged-file") return error.problem;
    throw error;
  }
  throw new Error("it was taken");
}

describe("a plan file", () => {
  it("stands as it always stood (golden file; vitest -u writes it anew)", async () => {
    const { text } = await attackedScene();
    await expect(text).toMatchFileSnapshot("../histories/attack.plan.jsonl");
  });

  it("keeps how it was asked for, for who plans again in its stead", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    const { plan } = await scene.plan(T, { keepMarkers: true, prove: "none" });
    expect(plan.header).toMatchObject({ keepMarkers: true, prove: "none" });
  });

  it("is read where it was written before it told how it was asked for", async () => {
    const { scene, text } = await attackedScene();
    const old = rechained(text, (lines) => {
      const told = Object.entries(lines[0] ?? {}).filter(([name]) => name !== "keepMarkers" && name !== "prove");
      lines[0] = Object.fromEntries(told);
    });
    await scene.state.replace("plans/old", old);
    const file = await scene.state.open("plans/old");
    if (file === null) throw new RangeError("plans/old");
    expect((await readPlan(file)).header).toMatchObject({ keepMarkers: false, prove: null });
  });

  it("comes with evidence that stands as it always stood", async () => {
    const { scene } = await attackedScene();
    const name = [...scene.state.files.keys()].find((file) => file.startsWith("evidence/")) ?? "";
    await expect(scene.text(name)).toMatchFileSnapshot("../histories/attack.evidence.jsonl");
    const file = await scene.state.open(name);
    const rows: HistoryRow[] = [];
    if (file !== null) for await (const page of (await readEvidence(file)).pages()) rows.push(...page);
    expect(rows).toEqual(await scene.rows());
  });

  const last = (lines: Line[]): number => lines.length - 1;
  const firstStep = 1;
  it.each<[string, (text: string) => string, RegExp]>([
    ["empty", () => "", /no header/],
    ["not ours", () => '{"hello":"world"}\n', /line 1 is damaged/],
    ["cut in its last line", (text) => text.slice(0, -10), /cut off/],
    ["cut before its totals", (text) => text.slice(0, text.trimEnd().lastIndexOf("\n") + 1), /no header or no end/],
    ["edited in one letter", (text) => text.replace("liftMarker", "copyVersion"), /line \d+ is damaged/],
    ["missing a line", (text) => text.split("\n").toSpliced(2, 1).join("\n"), /line 3 is damaged/],
    [
      "evidence instead",
      (text) => rechained(text, (lines) => lines.splice(0, 1, { ...lines[0], type: "evidence" })),
      /"type" is not plan/,
    ],
    [
      "of a newer version",
      (text) => rechained(text, (lines) => lines.splice(0, 1, { ...lines[0], version: 2 })),
      /newer Holdfast/,
    ],
    ["rechained with a step taken out", (text) => rechained(text, (lines) => lines.splice(last(lines) - 3, 1)), /./],
    [
      "rechained with steps out of order",
      (text) =>
        rechained(text, (lines) => lines.splice(firstStep, 2, ...lines.slice(firstStep, firstStep + 2).reverse())),
      /safe order/,
    ],
    [
      "rechained with a lock to bring back",
      (text) => rechained(text, (lines) => lines.splice(firstStep, 1, { ...lines[firstStep], key: "home/locks/aa" })),
      /no plan may touch/,
    ],
    [
      "rechained with a key outside the repository",
      (text) => rechained(text, (lines) => lines.splice(firstStep, 1, { ...lines[firstStep], key: "other/config" })),
      /no plan may touch/,
    ],
    [
      "rechained with a marker of the id null",
      (text) =>
        rechained(text, (lines) => {
          const at = lines.findIndex((line) => line["action"] === "liftMarker");
          lines.splice(at, 1, { ...lines[at], markers: ["null"] });
        }),
      /no markers that may be lifted/,
    ],
    [
      "rechained with lost keys out of order",
      (text) =>
        rechained(text, (lines) => {
          const lost = { type: "unrecoverable", holds: "data", reason: "gone" };
          const keys = ["home/data/aa/bb", "home/data/aa/aa"];
          const place = lines.findLastIndex((line) => line["type"] === "unrecoverable") + 1;
          lines.splice(place, 0, ...keys.map((key) => ({ ...lost, key })));
        }),
      /stands out of order/,
    ],
    [
      "rechained with lost keys apart from each other",
      (text) =>
        rechained(text, (lines) => {
          const lost = { type: "unrecoverable", holds: "data", reason: "gone" };
          const finding = { type: "finding", rule: "r", severity: "notice", subject: "s", evidence: "e", remedy: "r" };
          const apart = [{ ...lost, key: "home/data/aa/aa" }, finding, { ...lost, key: "home/data/aa/bb" }];
          lines.splice(last(lines), 0, ...apart);
        }),
      /stands apart/,
    ],
    [
      "rechained with other totals",
      (text) =>
        rechained(text, (lines) => lines.splice(last(lines), 1, { ...lines[last(lines)], unproven: 0, ambiguous: 0 })),
      /totals do not match/,
    ],
  ])("is not taken when it is %s", async (_, spoil, problem) => {
    const { scene, text } = await attackedScene();
    expect(await damage(scene, spoil(text))).toMatch(problem);
  });
});
