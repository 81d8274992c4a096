import { describe, expect, it } from "vitest";
import type { ResticEvent } from "../../src/restic/events.ts";
import { restoreSnapshot, type FileCount, type RestoreRequest } from "../../src/repository/restore-snapshot.ts";
import { sessionOf } from "../doubles/scene.ts";
import { ScriptedRestic, type ResticAnswer } from "../doubles/scripted-restic.ts";

const id = "31c321d0".repeat(8);

/** As restic 0.14.0, 0.18.0 and 0.19.1 printed them, less what is not read. */
const listed: ResticAnswer = {
  exitCode: 0,
  stdout: [
    `{"time":"2026-11-21T09:25:31Z","paths":["/srv"],"id":"${id}","struct_type":"snapshot"}`,
    '{"name":"srv","type":"dir","path":"/srv","struct_type":"node"}',
    '{"name":"empty","type":"dir","path":"/srv/empty","struct_type":"node"}',
    '{"name":"big","type":"file","path":"/srv/big","size":600,"struct_type":"node"}',
    '{"name":"none","type":"file","path":"/srv/none","struct_type":"node"}',
    '{"name":"link","type":"symlink","path":"/srv/link","struct_type":"node"}',
  ],
};
const told014 = "restoring <Snapshot 31c321d0 of [/tmp/un] at 2026-11-21 08:49:54.808872273 +0000 UTC by root@vm> to t";
const told019 = '{"message_type":"summary","total_files":6,"files_restored":6,"total_bytes":600,"bytes_restored":600}';
const item = (path: string, size: number, action = "restored"): string =>
  JSON.stringify({ message_type: "verbose_status", action, item: path, size });

async function restore(program: ScriptedRestic, changes: Partial<RestoreRequest> = {}): Promise<FileCount> {
  return await restoreSnapshot({
    session: sessionOf(program),
    snapshot: "latest",
    target: "/srv/restored",
    include: [],
    dryRun: false,
    changeTimes: async () => await Promise.reject(new Error("the target was looked at")),
    signal: undefined,
    ...changes,
  });
}

const ending = (version: string, answer: ResticAnswer): ScriptedRestic => new ScriptedRestic(version, listed, answer);

describe("restoreSnapshot()", () => {
  it.each([
    ["0.14.0", told014],
    ["0.19.1", told019],
  ])("counts the files of the snapshot, no folders and no links, whatever restic %s says", async (version, line) => {
    expect(await restore(ending(version, { exitCode: 0, stdout: [line] }))).toEqual({ files: 2, bytes: 600 });
  });

  it("hands target and snapshot to restic by its full id, and its lines to whoever follows", async () => {
    const program = ending("0.19.1", { exitCode: 0, stdout: [told019] });
    const events: ResticEvent[] = [];
    await restore(program, { snapshot: "31c321d0:/srv", onEvent: (event) => events.push(event) });
    expect(program.calls.map(({ arguments: words }) => words)).toEqual([
      ["ls", "--json", "--no-lock", "--", "31c321d0:/srv"],
      ["restore", "--json", "--no-lock", "--target=/srv/restored", "--", `${id}:/srv`],
    ]);
    expect(events.map(({ kind }) => kind)).toEqual(["summary"]);
  });

  it("restores what can be restored of a snapshot whose trees cannot all be listed", async () => {
    const torn = { ...listed, exitCode: 1, stderr: ["Fatal: load tree: blob not found"] };
    const program = new ScriptedRestic("0.19.1", torn, { exitCode: 0, stdout: [item("/srv/big", 600)] });
    expect(await restore(program, { include: ["big"] })).toEqual({ files: 1, bytes: 600 });
  });
});

describe("restoreSnapshot() of what patterns match", () => {
  it("counts the files that restic names, also those that were there already", async () => {
    const stdout = [item("/srv/big", 600, "unchanged"), item("/srv/link", 0), item("/srv", 0), told019];
    const program = ending("0.18.0", { exitCode: 0, stdout });
    expect(await restore(program, { include: ["big", "link"] })).toEqual({ files: 1, bytes: 600 });
    expect(program.calls[1]?.arguments).toEqual(
      expect.arrayContaining(["--include=big", "--include=link", "--verbose=2"]),
    );
  });

  it("counts the files that changed where restic names none", async () => {
    const seen: (readonly string[])[] = [];
    const changeTimes = async (files: readonly string[]): Promise<ReadonlyMap<string, number>> => {
      seen.push(files);
      const big = ["/srv/restored/srv/big", seen.length] as const;
      const none = ["/srv/restored/srv/none", 7] as const;
      return await Promise.resolve(new Map([big, none]));
    };
    const program = ending("0.14.0", { exitCode: 0, stdout: [told014] });
    const done = await restore(program, { include: ["big"], target: "/srv/restored/", changeTimes });
    expect(done).toEqual({ files: 1, bytes: 600 });
    expect(program.calls[1]?.arguments).not.toContain("--verbose=2");
  });

  it.each(["0.14.0", "0.19.1"])("fails where nothing matches, though restic %s ends with 0", async (version) => {
    const program = ending(version, { exitCode: 0, stdout: ['{"message_type":"summary"}'] });
    const changeTimes = async () => await Promise.resolve(new Map<string, number>());
    await expect(restore(program, { include: ["nothing-like-this"], changeTimes })).rejects.toMatchObject({
      kind: "restic-failed",
      subject: "nothing-like-this",
      problem: "nothing in the snapshot latest matches",
    });
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
    expect(await restore(program, { dryRun: true })).toEqual({ files: 2, bytes: 600 });
    expect(program.calls[1]?.arguments).toContain("--dry-run");
  });
});

describe("restoreSnapshot() of a snapshot that is not there", () => {
  it.each([
    ["0.14.0", 0, 'Ignoring "deadbeef": no matching ID found for prefix "deadbeef"'],
    ["0.18.0", 1, '{"message_type":"exit_error","code":1,"message":"no matching ID found for prefix \\"deadbeef\\""}'],
  ])("says where to look, and restores nothing (%s)", async (version, exitCode, line) => {
    const program = new ScriptedRestic(version, { exitCode, stderr: [line] });
    await expect(restore(program, { snapshot: "deadbeef" })).rejects.toMatchObject({
      kind: "restic-failed",
      subject: "deadbeef",
      hint: "see which there are: holdfast snapshots home",
    });
    expect(program.commands).toEqual(["ls"]);
  });

  it.each([
    ["0.14.0", 0, 'Ignoring "latest", no snapshot matched given filter (Paths:[] Tags:[] Hosts:[])'],
    [
      "0.19.1",
      1,
      '{"message_type":"exit_error","code":1,"message":"snapshot filter (Paths:[] Tags:[] Hosts:[]): no snapshot found"}',
    ],
  ])("says that there is none at all (%s)", async (version, exitCode, line) => {
    const program = new ScriptedRestic(version, { exitCode, stderr: [line] });
    await expect(restore(program)).rejects.toMatchObject({ problem: "home holds no snapshot yet" });
  });
});

describe("restoreSnapshot() fails as restic ended", () => {
  it.each([
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

  it.each([
    ["a wrong password", 12, "Fatal: wrong password or no key found", "wrong-password"],
    ["an interruption", 130, "signal interrupt received, cleaning up", "interrupted"],
    ["an index that is damaged", 1, "Fatal: unable to load index: ciphertext verification failed", "restic-failed"],
  ])("already on %s while the snapshot is read, and restores nothing", async (_, exitCode, line, kind) => {
    const program = new ScriptedRestic("0.19.1", { exitCode, stderr: [line] });
    await expect(restore(program)).rejects.toMatchObject({ kind, action: "restore from" });
    expect(program.commands).toEqual(["ls"]);
  });
});
