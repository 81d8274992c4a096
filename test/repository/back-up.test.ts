import { describe, expect, it } from "vitest";
import { addMilliseconds } from "../../src/base/instant.ts";
import type { FailureKind } from "../../src/base/failure.ts";
import { backUp, type BackupRequest, type BackupResult } from "../../src/repository/back-up.ts";
import type { ResticEvent } from "../../src/restic/events.ts";
import type { ResticProgram } from "../../src/restic/restic-program.ts";
import { password, Scene, sessionOf } from "../doubles/scene.ts";
import { ScriptedRestic, type ResticAnswer } from "../doubles/scripted-restic.ts";

async function run(
  program: ResticProgram,
  { scene = new Scene(), ...more }: Partial<BackupRequest> & { readonly scene?: Scene } = {},
): Promise<BackupResult> {
  return await backUp({
    session: sessionOf(program),
    options: { paths: ["/home"] },
    dryRun: false,
    retryLock: null,
    clock: scene.clock,
    store: async () => await Promise.resolve(scene.bucket),
    signal: undefined,
    ...more,
  });
}

async function repository(): Promise<Scene> {
  const scene = new Scene();
  await scene.repository().create(password);
  return scene;
}

/** As restic 0.14.0, 0.18.0 and 0.19.1 printed them. */
const lines = {
  summary014:
    '{"message_type":"summary","files_new":1,"files_changed":0,"files_unmodified":0,"dirs_new":1,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":0,"tree_blobs":2,"data_added":705,"total_files_processed":1,"total_bytes_processed":300000,"total_duration":0.225075047,"snapshot_id":"768b6e21"}',
  summary019:
    '{"message_type":"summary","files_new":1,"files_changed":0,"files_unmodified":0,"dirs_new":1,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":0,"tree_blobs":2,"data_added":709,"data_added_packed":597,"total_files_processed":1,"total_bytes_processed":300000,"total_duration":1.224392407,"backup_start":"2026-11-21T08:50:25.180813987Z","backup_end":"2026-11-21T08:50:26.405206384Z","snapshot_id":"0e8e2df6d530e2961c41c622d7b1b8c8b8e1c0331c6023d358d4a237b2e6e2cf"}',
  unread014:
    '{"message_type":"error","error":{"Op":"open","Path":"un/secret","Err":13},"during":"archival","item":"/tmp/un/secret"}',
  unread019:
    '{"message_type":"error","error":{"message":"/tmp/un/secret: open un/secret: permission denied"},"during":"archival","item":"/tmp/un/secret"}',
  end014: "Warning: at least one source file could not be read",
  end019: '{"message_type":"exit_error","code":3,"message":"Warning: at least one source file could not be read"}',
  skipped: "/nowhere does not exist, skipping",
} as const;

const lockedBy =
  "unable to create lock in backend: repository is already locked by PID 10912 on vm by root (UID 0, GID 0)";
const fatal = (exitCode: number, ...stderr: readonly string[]): ResticAnswer => ({ exitCode, stderr });
const exitError = (code: number, message: string): string =>
  JSON.stringify({ message_type: "exit_error", code, message });

const incomplete014 = { exitCode: 3, stdout: [lines.summary014], stderr: [lines.unread014, lines.end014] };
const incomplete019 = { exitCode: 3, stdout: [lines.summary019], stderr: [lines.unread019, lines.end019] };

describe("backUp()", () => {
  it.each(["0.14.0", "0.16.4", "0.19.1"])("makes a snapshot and names it, with restic %s", async (version) => {
    const scene = await repository();
    const done = await run(scene.restic(version), { scene });
    const [snapshot] = await scene.repository().snapshots();
    expect(done.snapshotId).toBe(snapshot?.id);
    expect(done).toMatchObject({ dryRun: false, unread: [], totalFilesProcessed: 3, totalBytesProcessed: 900000 });
  });

  it("is no failure where the store does not tell the full id", async () => {
    const scene = await repository();
    const store = async () => await Promise.reject(new Error("no store"));
    expect((await run(scene.restic("0.14.0"), { scene, store })).snapshotId).toMatch(/^[0-9a-f]{8}$/);
  });

  it("does not take an exit 0 without a word for a backup", async () => {
    await expect(run(new ScriptedRestic("0.19.1", { exitCode: 0, stdout: [] }))).rejects.toMatchObject({
      kind: "restic-failed",
    });
  });

  it("gives every field of restic's summary, all names in camelCase", async () => {
    const done = await run(new ScriptedRestic("0.19.1", { exitCode: 0, stdout: [lines.summary019] }));
    expect(done).toEqual({
      filesNew: 1,
      filesChanged: 0,
      filesUnmodified: 0,
      dirsNew: 1,
      dirsChanged: 0,
      dirsUnmodified: 0,
      dataBlobs: 0,
      treeBlobs: 2,
      dataAdded: 709,
      dataAddedPacked: 597,
      totalFilesProcessed: 1,
      totalBytesProcessed: 300000,
      totalDuration: 1.224392407,
      backupStart: "2026-11-21T08:50:25.180813987Z",
      backupEnd: "2026-11-21T08:50:26.405206384Z",
      snapshotId: "0e8e2df6d530e2961c41c622d7b1b8c8b8e1c0331c6023d358d4a237b2e6e2cf",
      dryRun: false,
      unread: [],
    });
  });

  it("names no snapshot on a dry run, though restic makes an id up, and stores none", async () => {
    const scene = await repository();
    const before = await scene.rows();
    expect(await run(scene.restic(), { scene, dryRun: true })).toMatchObject({ snapshotId: null, dryRun: true });
    expect(await scene.rows()).toEqual(before);
  });

  it("names no snapshot where nothing changed and none was made", async () => {
    const summary = lines.summary019.replace(/,"snapshot_id":"[0-9a-f]*"/, "");
    const done = await run(new ScriptedRestic("0.19.1", { exitCode: 0, stdout: [summary] }));
    expect(done.snapshotId).toBeNull();
  });

  it("measures the duration itself where 0.18 made no snapshot and counts from the year 1", async () => {
    const scene = new Scene();
    const summary = lines.summary019
      .replace('"total_duration":1.224392407', '"total_duration":-9223372036.854776')
      .replace(/,"snapshot_id":"[0-9a-f]*"/, "");
    const done = await run(new ScriptedRestic("0.18.0", { exitCode: 0, stdout: [summary] }), {
      scene,
      onEvent: () => scene.clock.pass(1500),
    });
    expect(done.totalDuration).toBe(1.5);
  });

  it("hands on each line as it comes", async () => {
    const events: ResticEvent[] = [];
    const answer = { exitCode: 0, stdout: ['{"message_type":"status","percent_done":0.5}', lines.summary019] };
    await run(new ScriptedRestic("0.19.1", answer), { onEvent: (event) => events.push(event) });
    expect(events.map(({ kind }) => kind)).toEqual(["status", "summary"]);
  });
});

describe("backUp() with files that restic could not read", () => {
  it.each([
    ["0.14.0", incomplete014, "768b6e21"],
    ["0.19.1", incomplete019, "0e8e2df6d530e2961c41c622d7b1b8c8b8e1c0331c6023d358d4a237b2e6e2cf"],
  ])("names them beside the snapshot that was made, with %s", async (version, answer, snapshotId) => {
    const done = await run(new ScriptedRestic(version, answer));
    expect(done).toMatchObject({ snapshotId, unread: ["/tmp/un/secret"] });
  });

  it("says that some are missing also where restic does not say which", async () => {
    const done = await run(new ScriptedRestic("0.19.1", { ...incomplete019, stderr: [lines.end019] }));
    expect(done.unread).toEqual(["restic does not say which"]);
  });

  it.each([
    ["0.14.0", 0, [lines.skipped], lines.summary014],
    ["0.18.0", 0, [lines.skipped], lines.summary019],
    ["0.19.1", 3, [lines.skipped, lines.end019], lines.summary019],
  ])("names a path that is not there, with %s, which ends with %i", async (version, exitCode, stderr, summary) => {
    const done = await run(new ScriptedRestic(version, { exitCode, stdout: [summary], stderr }));
    expect(done.unread).toEqual(["/nowhere"]);
  });

  it("is no success where no summary came: then no snapshot was made", async () => {
    const program = new ScriptedRestic("0.19.1", { ...incomplete019, stdout: [] });
    await expect(run(program)).rejects.toMatchObject({ kind: "incomplete", action: "back up", subject: "home" });
  });
});

describe("backUp() fails as restic ended", () => {
  it.each<readonly [string, string, ResticAnswer, FailureKind]>([
    [
      "no path at all",
      "0.14.0",
      fatal(1, lines.skipped, "Fatal: all target directories/files do not exist"),
      "restic-failed",
    ],
    [
      "no path at all",
      "0.19.1",
      fatal(1, lines.skipped, exitError(1, "Fatal: all source directories/files do not exist")),
      "restic-failed",
    ],
    [
      "no repository",
      "0.14.0",
      fatal(
        1,
        "Fatal: unable to open config file: Stat: The specified key does not exist.",
        "Is there a repository at the following location?",
      ),
      "no-repository",
    ],
    [
      "no repository",
      "0.19.1",
      fatal(10, exitError(10, "Fatal: repository does not exist: unable to open config file")),
      "no-repository",
    ],
    ["a lock", "0.14.0", fatal(1, lockedBy), "locked"],
    ["a lock", "0.19.1", fatal(11, exitError(11, lockedBy)), "locked"],
    ["a wrong password", "0.14.0", fatal(1, "Fatal: wrong password or no key found"), "wrong-password"],
    ["a wrong password", "0.19.1", fatal(12, exitError(12, "Fatal: wrong password or no key found")), "wrong-password"],
    ["an interruption", "0.19.1", fatal(130, "signal interrupt received, cleaning up"), "interrupted"],
    ["a refused key", "0.19.1", fatal(1, exitError(1, "Fatal: client.PutObject: Access Denied.")), "store-denied"],
    ["a flag it does not have", "0.14.0", fatal(1, "unknown flag: --skip-if-unchanged"), "restic-failed"],
    ["SIGKILL", "0.19.1", fatal(137), "restic-failed"],
  ])("on %s, with %s", async (_, version, answer, kind) => {
    await expect(run(new ScriptedRestic(version, answer))).rejects.toMatchObject({
      kind,
      action: "back up",
      subject: "home",
    });
  });
});

describe("backUp() after an interruption", () => {
  it.each([
    ["takes the lock away that 0.14 may leave", "0.14.0", ["backup", "unlock"]],
    ["leaves it to 0.19.1, which takes its lock away itself", "0.19.1", ["backup"]],
  ])("%s", async (_, version, commands) => {
    const program = new ScriptedRestic(version, { exitCode: 130 }, { exitCode: 0 });
    await expect(run(program)).rejects.toMatchObject({ kind: "interrupted" });
    expect(program.commands).toEqual(commands);
  });
});

describe("backUp() where another restic has the repository for itself", () => {
  it.each(["0.16.4", "0.19.1"])("leaves the waiting to restic %s", async (version) => {
    const scene = await repository();
    const program = scene.restic(version);
    program.lockedUntil = addMilliseconds(scene.clock.now(), 60_000);
    const done = await run(program, { scene, retryLock: 90_000 });
    expect(done.snapshotId).not.toBeNull();
    expect(program.commands).toEqual(["backup"]);
  });

  it("waits by itself on 0.14, every 5 s until the lock is gone", async () => {
    const scene = await repository();
    const program = scene.restic("0.14.0");
    program.lockedUntil = addMilliseconds(scene.clock.now(), 12_000);
    const done = await run(program, { scene, retryLock: 60_000 });
    expect(done.snapshotId).not.toBeNull();
    expect(scene.clock.sleeps).toEqual([5000, 5000, 5000]);
    expect(await scene.repository().snapshots()).toHaveLength(1);
  });

  it("gives up on 0.14 when its patience is over, with a last attempt at its very end", async () => {
    const scene = await repository();
    const program = scene.restic("0.14.0");
    program.lockedUntil = addMilliseconds(scene.clock.now(), 3_600_000);
    await expect(run(program, { scene, retryLock: 12_000 })).rejects.toMatchObject({ kind: "locked" });
    expect(scene.clock.sleeps).toEqual([5000, 5000, 2000]);
    expect(program.commands).toHaveLength(4);
  });

  it.each(["0.14.0", "0.19.1"])("does not wait with %s where it was not asked to", async (version) => {
    const scene = await repository();
    const program = scene.restic(version);
    program.lockedUntil = addMilliseconds(scene.clock.now(), 1000);
    await expect(run(program, { scene })).rejects.toMatchObject({ kind: "locked" });
    expect(scene.clock.sleeps).toEqual([]);
  });

  it("waits on 0.14 for nothing but a lock", async () => {
    const scene = new Scene();
    await expect(run(scene.restic("0.14.0"), { scene, retryLock: 60_000 })).rejects.toMatchObject({
      kind: "no-repository",
    });
    expect(scene.clock.sleeps).toEqual([]);
  });

  it("ends the waiting with the reason of the abort", async () => {
    const scene = await repository();
    const program = scene.restic("0.14.0");
    program.lockedUntil = addMilliseconds(scene.clock.now(), 3_600_000);
    const reason = new Error("Ctrl-C");
    const stop = new AbortController();
    program.onEnd = () => {
      stop.abort(reason);
      return Promise.resolve();
    };
    const attempt = run(program, { scene, retryLock: 60_000, signal: stop.signal });
    await expect(attempt).rejects.toBe(reason);
  });
});
