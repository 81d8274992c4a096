import { describe, expect, it } from "vitest";
import type { FailureKind } from "../../src/base/failure.ts";
import { addMilliseconds } from "../../src/base/instant.ts";
import { checkRepository, type CheckRequest, type CheckResult } from "../../src/repository/check-repository.ts";
import type { ResticEvent } from "../../src/restic/events.ts";
import type { ResticProgram } from "../../src/restic/restic-program.ts";
import { password, Scene, sessionOf } from "../doubles/scene.ts";
import { ScriptedRestic } from "../doubles/scripted-restic.ts";
import { checkOutput } from "./check-outputs.ts";

async function check(
  program: ResticProgram,
  { scene = new Scene(), ...more }: Partial<CheckRequest> & { readonly scene?: Scene } = {},
): Promise<CheckResult> {
  return await checkRepository({
    session: sessionOf(program),
    clock: scene.clock,
    patience: 0,
    readDataSubset: null,
    signal: undefined,
    ...more,
  });
}

/** A restic that unlocks and then checks as the real one did. */
const printing = (release: string, damage: string): ScriptedRestic =>
  new ScriptedRestic(release, { exitCode: 0 }, checkOutput(release, damage));

async function repositoryWithMissingPack(): Promise<Scene> {
  const scene = new Scene();
  await scene.repository().create(password);
  await scene.repository().addSnapshot();
  for await (const { key } of scene.bucket.listCurrent("home/data/")) await scene.bucket.hide([key]);
  return scene;
}

const id = "[0-9a-f]{64}";
const tree = `error for tree [0-9a-f]{8}: (?:ReadFull\\(.*no such file or directory|id ${id} not found in repository)`;

describe("checkRepository() counts what real restics found", () => {
  it.each<readonly [string, string, readonly string[]]>([
    ["0.14.0", "pack missing", [`pack ${id}: does not exist`]],
    ["0.18.0", "pack missing", [`pack ${id}: does not exist`]],
    ["0.19.1", "pack missing", [`pack ${id}: does not exist`]],
    ["0.14.0", "tree pack missing", [`pack ${id}: does not exist`, tree, tree]],
    ["0.18.0", "tree pack missing", [`pack ${id}: does not exist`, tree]],
    ["0.19.1", "tree pack missing", [`pack ${id}: does not exist`, tree, tree]],
    ["0.14.0", "pack cut", [`pack ${id}: unexpected file size: got 100000, expected 900309`]],
    ["0.18.0", "pack cut", [`pack ${id}: unexpected file size: got 100000, expected 900309`]],
    ["0.19.1", "pack cut", [`pack ${id}: unexpected file size: got 100000, expected 900309`]],
    ["0.14.0", "pack changed, data read", [`Pack ID does not match, want ${id}, got ${id}`]],
    ["0.18.0", "pack changed, data read", [`pack ${id} contains 2 errors: .*`]],
    ["0.19.1", "pack changed, data read", [`pack ${id} contains 2 errors: .*`]],
    ["0.14.0", "index missing", [tree, tree]],
    ["0.18.0", "index missing", [tree, tree]],
    ["0.19.1", "index missing", [tree, tree]],
    ["0.14.0", "index changed", [`error: error loading index ${id}: load .*: invalid data returned`]],
    ["0.18.0", "index changed", [`error: error loading index ${id}: LoadRaw.*: invalid data returned`]],
    ["0.19.1", "index changed", [`error: error loading index ${id}: LoadRaw.*: invalid data returned`]],
    ["0.14.0", "snapshot changed", ["error: load <snapshot/.*>: invalid data returned"]],
    ["0.18.0", "snapshot changed", ["error: failed to load snapshot .*: invalid data returned"]],
    ["0.19.1", "snapshot changed", ["error: failed to load snapshot .*: invalid data returned"]],
  ])("with %s: %s", async (release, damage, expected) => {
    const { errors, messages } = await check(printing(release, damage));
    expect(errors).toBe(expected.length);
    expect(messages).toEqual(expected.map((each) => expect.stringMatching(new RegExp(`^${each}$`)) as string));
  });

  it.each(
    ["0.14.0", "0.18.0", "0.19.1"].flatMap((release) =>
      ["sound", "pack of nobody", "pack changed, data not read"].map((damage) => [release, damage] as const),
    ),
  )("with %s, nothing: %s", async (release, damage) => {
    expect(await check(printing(release, damage))).toMatchObject({ errors: 0, messages: [] });
  });

  it.each(["0.16.4", "0.17.3", "0.18.0"])("with a pack that went, over a bucket, with %s", async (version) => {
    const scene = await repositoryWithMissingPack();
    const { errors, checkedAt } = await check(scene.restic(version), { scene });
    expect([errors, checkedAt]).toEqual([1, scene.clock.now()]);
  });

  it("with more errors than it names, by its own count", async () => {
    const summary = JSON.stringify({ message_type: "summary", num_errors: 500 });
    const answer = { ...checkOutput("0.19.1", "pack missing"), stdout: [summary] };
    expect((await check(new ScriptedRestic("0.19.1", { exitCode: 0 }, answer))).errors).toBe(500);
  });
});

describe("checkRepository() fails where no check was made", () => {
  it.each<readonly [string, string, FailureKind]>([
    ["0.14.0", "locked", "locked"],
    ["0.18.0", "locked", "locked"],
    ["0.19.1", "locked", "locked"],
    ["0.14.0", "wrong password", "wrong-password"],
    ["0.18.0", "wrong password", "wrong-password"],
    ["0.19.1", "wrong password", "wrong-password"],
    ["0.14.0", "config changed", "restic-failed"],
    ["0.18.0", "config changed", "restic-failed"],
    ["0.19.1", "config changed", "restic-failed"],
    ["0.14.0", "wrong subset", "restic-failed"],
    ["0.18.0", "wrong subset", "restic-failed"],
    ["0.19.1", "wrong subset", "restic-failed"],
  ])("with %s: %s", async (release, damage, kind) => {
    await expect(check(printing(release, damage))).rejects.toMatchObject({ kind, action: "check", subject: "home" });
  });

  it("on an exit 1 without a complaint", async () => {
    const program = new ScriptedRestic("0.19.1", { exitCode: 0 }, { exitCode: 1 });
    await expect(check(program)).rejects.toMatchObject({ kind: "restic-failed" });
  });

  it("on a store that went away", async () => {
    const stderr = ["Fatal: Get https://s3.example.org: dial tcp: connection refused"];
    const program = new ScriptedRestic("0.14.0", { exitCode: 0 }, { exitCode: 1, stderr });
    await expect(check(program)).rejects.toMatchObject({ kind: "store-unreachable" });
  });

  it("shows restic's own words with the failure", async () => {
    await expect(check(printing("0.14.0", "config changed"))).rejects.toMatchObject({
      details: { restic: expect.stringContaining("is damaged: ciphertext verification failed") as string },
    });
  });
});

describe("checkRepository() and other restics", () => {
  it.each(["0.14.0", "0.19.1"])("removes what a dead one left first, with %s", async (version) => {
    const scene = await repositoryWithMissingPack();
    const program = scene.restic(version);
    program.hasStaleLock = true;
    expect((await check(program, { scene })).errors).toBe(1);
    expect(program.commands).toEqual(["unlock", "check"]);
  });

  it.each(["0.14.0", "0.19.1"])("waits five minutes where nobody says how long, with %s", async (version) => {
    const scene = await repositoryWithMissingPack();
    const program = scene.restic(version);
    program.lockedUntil = addMilliseconds(scene.clock.now(), 299_000);
    expect((await check(program, { scene, patience: null })).errors).toBe(1);
    program.lockedUntil = addMilliseconds(scene.clock.now(), 301_000);
    await expect(check(program, { scene, patience: null })).rejects.toMatchObject({ kind: "locked" });
  });

  it("hands on what restic prints, and the subset to read", async () => {
    const events: ResticEvent[] = [];
    const program = printing("0.14.0", "sound");
    await check(program, { readDataSubset: "5%", onEvent: (event) => events.push(event) });
    expect(events).toContainEqual({ kind: "text", text: "no errors were found" });
    expect(program.calls[1]?.arguments).toContain("--read-data-subset=5%");
  });
});
