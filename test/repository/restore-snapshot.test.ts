import { describe, expect, it } from "vitest";
import type { ResticEvent } from "../../src/restic/events.ts";
import { restoreSnapshot, type FolderContents, type RestoreRequest } from "../../src/repository/restore-snapshot.ts";
import { sessionOf } from "../doubles/scene.ts";
import { ScriptedRestic, type ResticAnswer } from "../doubles/scripted-restic.ts";

/** As restic 0.14.0 and 0.19.1 printed them. */
const told014 = "restoring <Snapshot 31c321d0 of [/tmp/un] at 2026-11-21 08:49:54.808872273 +0000 UTC by root@vm> to t";
const told019 =
  '{"message_type":"summary","total_files":3,"files_restored":3,"total_bytes":600000,"bytes_restored":600000}';

async function restore(program: ScriptedRestic, changes: Partial<RestoreRequest> = {}): Promise<FolderContents> {
  return await restoreSnapshot({
    session: sessionOf(program),
    snapshot: "latest",
    target: "/srv/restored",
    include: [],
    dryRun: false,
    countTarget: async () => await Promise.reject(new Error("the target was counted")),
    signal: undefined,
    ...changes,
  });
}

const ending = (version: string, answer: ResticAnswer): ScriptedRestic => new ScriptedRestic(version, answer);

describe("restoreSnapshot()", () => {
  it("gives restic's own figures where its summary has them", async () => {
    const done = await restore(ending("0.19.1", { exitCode: 0, stdout: [told019] }));
    expect(done).toEqual({ files: 3, bytes: 600000 });
  });

  it.each([
    ["0.14.0, which prints none", "0.14.0", told014],
    ["a summary without figures", "0.16.4", '{"message_type":"summary"}'],
  ])("counts the target after %s", async (_, version, line) => {
    const countTarget = async () => await Promise.resolve({ files: 2, bytes: 5 });
    const done = await restore(ending(version, { exitCode: 0, stdout: [line] }), { countTarget });
    expect(done).toEqual({ files: 2, bytes: 5 });
  });

  it("hands target, patterns and snapshot to restic, and its lines to whoever follows", async () => {
    const program = ending("0.19.1", { exitCode: 0, stdout: [told019] });
    const events: ResticEvent[] = [];
    await restore(program, { snapshot: "31c321d0", include: ["/etc/*"], onEvent: (event) => events.push(event) });
    expect(program.calls[0]?.arguments).toEqual([
      "restore",
      "--json",
      "--no-lock",
      "--target=/srv/restored",
      "--include=/etc/*",
      "--",
      "31c321d0",
    ]);
    expect(events.map(({ kind }) => kind)).toEqual(["summary"]);
  });
});

describe("restoreSnapshot() as a dry run", () => {
  it.each(["0.14.0", "0.16.4"])("is refused before restic %s, which has none, is run", async (version) => {
    const program = ending(version, { exitCode: 0 });
    await expect(restore(program, { dryRun: true })).rejects.toMatchObject({
      kind: "usage",
      problem: `restic ${version} has no --dry-run for restore; it came with 0.17.0`,
    });
    expect(program.calls).toEqual([]);
  });

  it.each(["0.17.0", "0.19.1"])("is restic %s's own", async (version) => {
    const program = ending(version, { exitCode: 0, stdout: [told019] });
    expect(await restore(program, { dryRun: true })).toEqual({ files: 3, bytes: 600000 });
    expect(program.calls[0]?.arguments).toContain("--dry-run");
  });

  it("never counts a target that it did not write", async () => {
    expect(await restore(ending("0.17.0", { exitCode: 0 }), { dryRun: true })).toEqual({ files: 0, bytes: 0 });
  });
});

describe("restoreSnapshot() fails as restic ended", () => {
  it.each([
    [
      "an unknown snapshot",
      "0.14.0",
      1,
      'invalid id "000000000000": no matching ID found for prefix "000000000000"',
      "restic-failed",
    ],
    [
      "an unknown snapshot",
      "0.19.1",
      1,
      '{"message_type":"exit_error","code":1,"message":"Fatal: failed to find snapshot: no matching ID found for prefix \\"000000000000\\""}',
      "restic-failed",
    ],
    [
      "files it could not write",
      "0.19.1",
      1,
      '{"message_type":"exit_error","code":1,"message":"Fatal: There were 1 errors"}',
      "restic-failed",
    ],
    ["a wrong password", "0.14.0", 1, "Fatal: wrong password or no key found", "wrong-password"],
    ["a wrong password", "0.19.1", 12, "Fatal: wrong password or no key found", "wrong-password"],
    ["an interruption", "0.19.1", 130, "signal interrupt received, cleaning up", "interrupted"],
  ])("on %s, with %s", async (_, version, exitCode, line, kind) => {
    const program = ending(version, { exitCode, stdout: [told019], stderr: [line] });
    await expect(restore(program)).rejects.toMatchObject({ kind, action: "restore from", subject: "home" });
  });
});
