import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalKey } from "../../src/adapters/local-store/local-store.ts";
import { realStores, type RunningStore } from "../stores/real-stores.ts";
import { openHostWithRepository, type Host } from "./host.ts";
import type { Run, RunOptions } from "./run-holdfast.ts";
import { runRestic } from "./run-restic.ts";

const [ceph] = realStores();
const rules = ["--keep-last", "1", "--keep-daily", "1"];

/** One day of a repository with a thief in it, from step to step. */
describe.skipIf(!ceph.isHere)("prune on a real ceph, with a thief of the writer's key and the password", () => {
  let running: RunningStore;
  let host: Host;
  let real: readonly string[] = [];
  beforeAll(async () => {
    running = await ceph.start();
    const made = await openHostWithRepository(running.store, "pruned/home");
    host = made.with({ retention: "keep-last: 1, keep-daily: 1" });
    await backUp("one", "two");
  });
  afterAll(async () => {
    await host.remove();
    await running.stop();
  });

  const holdfast = async (words: readonly string[], options?: RunOptions): Promise<Run> =>
    await host.run(["--json", ...words], options);
  const restic = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await runRestic(host, words, { key: keyOf("writer") });
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const keyOf = (role: "writer" | "rescuer"): LocalKey => {
    const key = host.settings.keys[role];
    if (key === undefined) throw new Error(`the host has no ${role}`);
    return key;
  };

  async function backUp(...contents: readonly string[]): Promise<void> {
    for (const content of contents) {
      writeFileSync(path.join(host.files, "one"), content.repeat(1000));
      expect((await holdfast(["backup"])).code).toBe(0);
    }
  }

  async function standing(): Promise<readonly string[]> {
    const { last } = await holdfast(["snapshots"]);
    return (last["snapshots"] as readonly { readonly id: string }[]).map(({ id }) => id);
  }

  const railsOf = ({ last }: Run): readonly string[] =>
    (last["held"] as readonly { readonly rail: string }[]).map(({ rail }) => rail);
  const recordText = (): string => readFileSync(path.join(host.stateFolder, "retention/home.json"), "utf8");

  it("keeps the newest of the day in a first run, checks, and takes what stands as known", async () => {
    const done = await holdfast(["prune"]);
    expect(done).toMatchObject({ code: 0, last: { held: [], checked: { errors: 0, readData: "1/30" } } });
    real = await standing();
    expect(done.last["kept"]).toEqual(real);
    expect(real).toHaveLength(1);
    expect(done.lines.filter(({ type }) => type === "snapshot")).toHaveLength(2);
    for (const secret of host.secrets) expect(recordText()).not.toContain(secret);
  });

  it("keeps the real snapshot against forged ones that make restic forget it", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const times = [`${today} 23:59:59`, "2027-01-31 12:00:00", "2027-02-28 12:00:00", "2099-01-01 00:00:00"];
    for (const time of times) await restic("backup", "--quiet", "--force", "--time", time, host.files);
    const [group] = JSON.parse(await restic("forget", "--dry-run", "--no-lock", "--json", ...rules)) as readonly {
      readonly remove: readonly { readonly id: string }[] | null;
    }[];
    expect(group?.remove?.map(({ id }) => id)).toEqual(expect.arrayContaining([...real]));

    const held = await holdfast(["prune"]);
    expect(held).toMatchObject({ code: 81, last: { forgotten: [] } });
    expect(railsOf(held)).toContain("future-dated");
    const shown = await host.run(["prune", "--dry-run"]);
    expect(shown.stdout).toMatch(/\?\s+dated/);
    expect(shown.stdout).toContain("--release future-dated");
    const released = await holdfast(["prune", "--release", "future-dated"]);
    expect(released).toMatchObject({ code: 0, last: { held: [] } });
    expect(released.last["kept"]).toEqual(expect.arrayContaining([...real]));
  });

  it("does nothing on hold, of which every command tells, and goes on when it is released", async () => {
    expect((await holdfast(["hold"])).code).toBe(64);
    expect((await holdfast(["hold", "--reason", "nas was broken into"])).last).toMatchObject({
      hold: { reason: "nas was broken into" },
    });
    const listed = await host.run(["snapshots"]);
    expect(listed.stderr).toMatch(/^home is on hold since .*: nas was broken into$/m);
    expect(listed.code).toBe(0);
    const held = await holdfast(["prune", "--release", "hold"]);
    expect(held).toMatchObject({ code: 81, last: { hold: { reason: "nas was broken into" }, forgotten: [] } });
    expect((await holdfast(["release"])).last).toMatchObject({ hold: null, released: true });
    expect((await holdfast(["prune", "--dry-run"])).code).toBe(0);
    expect((await host.run(["snapshots"])).stderr).not.toContain("hold");
  });

  it("is held by a new key until it is settled by its id, on record", async () => {
    const file = path.join(host.folder, "second");
    writeFileSync(file, "a second password\n");
    const added = await runRestic(host, ["key", "add", "--new-password-file", file], { key: keyOf("rescuer") });
    expect(added.code, added.stderr).toBe(0);
    const held = await holdfast(["prune"]);
    expect(railsOf(held)).toEqual(["new-key"]);
    const [finding] =
      (held.last["held"] as readonly { readonly findings: readonly { readonly id: string }[] }[])[0]?.findings ?? [];
    const id = finding?.id ?? "";
    expect((await holdfast(["release", "--finding", id])).code).toBe(64);
    expect(await holdfast(["release", "--finding", "new-key-00000000", "--reason", "x"])).toMatchObject({
      code: 64,
      last: { hint: `open are ${id}` },
    });
    const reason = "for the safe";
    expect((await holdfast(["release", "--finding", id, "--reason", reason])).last).toMatchObject({ settled: id });
    expect(await holdfast(["prune"])).toMatchObject({ code: 0, last: { held: [] } });
    expect(recordText()).toContain(reason);
  });

  it("goes on after a kill -9 between what it meant to forget and its end, and says what it found", async () => {
    const known = new Set(await standing());
    await backUp("three");
    known.add((await standing()).find((id) => !known.has(id)) ?? "");
    await backUp("four");
    const before = await standing();
    const newest = before.find((id) => !known.has(id));
    const options: RunOptions = {
      whileRunning: async (child) => {
        const meant = (): boolean => /"intent": \{/.test(recordText());
        while (child.exitCode === null && !meant()) await new Promise((resolve) => setTimeout(resolve, 5));
        child.kill("SIGKILL");
      },
    };
    const killed = await host.run(["prune", "--release", "burst"], options);
    expect(killed.code).toBeNull();
    const next = await host.run(["prune", "--release", "burst"]);
    expect(next.stdout.replaceAll(/\s+/g, " ")).toMatch(
      /The run of \S+Z did not come to its end: \d of 2 snapshots were/,
    );
    expect(next.code, next.stdout + next.stderr).toBe(0);
    const left = await standing();
    expect(left.length).toBeLessThan(before.length);
    expect(left).toContain(newest);
    expect(recordText()).toContain('"intent": null');
  });
});
