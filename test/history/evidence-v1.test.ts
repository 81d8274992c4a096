import { describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.ts";
import { EvidenceWriter, parseEvidence } from "../../src/history/evidence-v1.ts";
import { Scene, sha256 } from "../rollback/scene.ts";

async function evidenceOf(scene: Scene): Promise<{ readonly text: string; readonly sha256: string }> {
  const header = { bucket: "backups", prefix: "home/", versioning: "enabled", takenAt: scene.clock.now() } as const;
  const writer = await EvidenceWriter.begin(await scene.state.create("evidence/e"), "evidence/e", header);
  for (const row of await scene.rows()) await writer.add(row);
  const seal = await writer.finish();
  return { text: scene.text("evidence/e"), sha256: seal.sha256 };
}

describe("evidence", () => {
  it("comes back row for row, and its seal is the hash of the file", async () => {
    const scene = new Scene();
    const { pack } = await scene.repository();
    await scene.hide(pack);
    const { text, sha256: seal } = await evidenceOf(scene);
    expect(parseEvidence(text, "e").rows).toEqual(await scene.rows());
    expect(seal).toBe(sha256(text));
  });

  it("is never written over", async () => {
    const scene = new Scene();
    await evidenceOf(scene);
    await expect(evidenceOf(scene)).rejects.toMatchObject({ kind: "state-unwritable" });
  });

  it.each<[string, (text: string) => string]>([
    ["empty", () => ""],
    ["cut in a line", (text) => text.slice(0, -5)],
    ["cut after a whole line", (text) => text.slice(0, text.trimEnd().lastIndexOf("\n") + 1)],
    ["missing a row", (text) => text.split("\n").toSpliced(1, 1).join("\n")],
    ["edited", (text) => text.replace('"size":6', '"size":7')],
  ])("is not taken when it is %s", async (_, spoil) => {
    const scene = new Scene();
    await scene.repository();
    const { text } = await evidenceOf(scene);
    expect(() => parseEvidence(spoil(text), "e")).toThrow(Failure);
  });
});
