import { describe, expect, it } from "vitest";
import { keyHistories } from "../../src/history/key-history.ts";
import type { KeyHistory } from "../../src/history/key-history.ts";
import { missingAt, workableInstants } from "../../src/history/repository-state.ts";
import { Scene } from "../rollback/scene.ts";

const reading = { prefix: "home/", order: "interleaved" } as const;

async function histories(scene: Scene): Promise<readonly KeyHistory[]> {
  const all: KeyHistory[] = [];
  for await (const history of keyHistories(scene.store.listVersions("home/"))) all.push(history);
  return all;
}

describe("workableInstants()", () => {
  it("begins with the first snapshot and has no end while all stands", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    expect(workableInstants(await histories(scene), reading)).toEqual({ earliest: T, latest: null });
  });

  it("ends a millisecond before the last of the snapshots was hidden", async () => {
    const scene = new Scene();
    const { T, all } = await scene.repository();
    const attack = scene.clock.pass(1);
    scene.clock.passMilliseconds(-60_000);
    await scene.hide(...all);
    expect(workableInstants(await histories(scene), reading)).toEqual({ earliest: T, latest: attack - 1 });
  });

  it("is null where a key never stood together with a config", async () => {
    const scene = new Scene();
    const key = await scene.restic("keys", "key");
    scene.clock.pass(1);
    await scene.hide(key);
    scene.clock.pass(1);
    await scene.put(scene.key("config"), "config");
    await scene.restic("snapshots", "snapshot");
    expect(workableInstants(await histories(scene), reading)).toBeNull();
  });
});

describe("missingAt()", () => {
  it("names what is missing between key and config", async () => {
    const scene = new Scene();
    const start = scene.clock.now();
    await scene.repository();
    expect(missingAt(await histories(scene), start, reading)).toEqual(["config", "snapshots"]);
  });
});
