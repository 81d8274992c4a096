import { describe, expect, it } from "vitest";
import { Failure } from "../../src/base/failure.ts";
import { formatInstant } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import { keyHistories } from "../../src/history/key-history.ts";
import { parseTarget, resolveTarget } from "../../src/history/target-instant.ts";
import type { DateResolution } from "../../src/history/target-instant.ts";
import { Scene } from "../rollback/scene.ts";

async function resolved(scene: Scene, text: string, resolution: DateResolution = "millisecond"): Promise<string> {
  const snapshotHistories = () => keyHistories(scene.store.listVersions(scene.key("snapshots/")));
  const context = {
    prefix: scene.prefix,
    order: "interleaved",
    storeNow: scene.clock.now(),
    snapshotHistories,
  } as const;
  return formatInstant(await resolveTarget(parseTarget(text, resolution), context));
}

async function failureOf(work: () => Promise<unknown>): Promise<Failure> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error("it did not fail");
}

describe("T", () => {
  it.each<[string, string, DateResolution, string]>([
    [
      "in whole seconds means the end of the second where the store is finer",
      "2026-11-19T03:00:00Z",
      "millisecond",
      "2026-11-19T03:00:00.999Z",
    ],
    [
      "in whole seconds means itself where the store keeps seconds",
      "2026-11-19T03:00:00Z",
      "second",
      "2026-11-19T03:00:00Z",
    ],
    ["with a fraction means itself", "2026-11-19T03:00:00.000Z", "millisecond", "2026-11-19T03:00:00Z"],
    ["with another zone is told in UTC", "2026-11-19T03:00:00.5+01:00", "millisecond", "2026-11-19T02:00:00.500Z"],
    ["counts back from the store's clock", "90m-ago", "millisecond", "2026-11-19T22:30:00Z"],
    ["counts back days", "3d-ago", "second", "2026-11-17T00:00:00Z"],
  ])("%s", async (_, text, resolution, expected) =>
    expect(await resolved(new Scene(), text, resolution)).toBe(expected),
  );

  it("of a snapshot is when its object was first stored, though it was overwritten since", async () => {
    const scene = new Scene();
    const { all, T } = await scene.repository();
    const snapshot = all.at(-1) ?? scene.key("none");
    await scene.put(snapshot, "junk");
    const id = snapshot.split("/").at(-1) ?? "";
    expect(await resolved(scene, `snapshot:${id}`)).toBe(formatInstant(T));
    expect(await resolved(scene, `snapshot:${id.slice(0, 8)}`)).toBe(formatInstant(T));
  });

  it.each([
    ["has no zone", "2026-11-19T03:00:00", /no zone; write 2026-11-19T03:00:00Z/],
    ["is no instant", "yesterday", /no instant/],
    ["is a zero duration", "0h-ago", /no instant/],
    ["lies in the future", "2027-11-19T03:00:00Z", /future/],
    ["names an unknown snapshot", "snapshot:00", /no such snapshot/],
  ])("is a usage failure where it %s", async (_, text, problem) => {
    const failure = await failureOf(async () => await resolved(new Scene(), text));
    expect(failure.kind).toBe("usage");
    expect(failure.problem).toMatch(problem);
  });

  it("is a usage failure where several snapshots begin with the id", async () => {
    const scene = new Scene();
    for (let count = 0; count < 17; count++) await scene.restic("snapshots", `snapshot ${count}`);
    const failures = await Promise.all(
      Array.from({ length: 16 }, (_, value) => value.toString(16)).map(async (digit) => {
        return await resolved(scene, `snapshot:${digit}`).catch((error: unknown) => error);
      }),
    );
    expect(failures.some((failure) => failure instanceof Failure && /begin with it/.test(failure.problem))).toBe(true);
  });

  it("is not put off by a key that only looks like the snapshot's", async () => {
    const scene = new Scene();
    const { T, all } = await scene.repository();
    const snapshot = all.at(-1) ?? scene.key("");
    await scene.put(objectKey(`${snapshot}x`), "planted");
    expect(await resolved(scene, `snapshot:${snapshot.slice(-64)}`)).toBe(formatInstant(T));
  });
});
