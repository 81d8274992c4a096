import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { realStores, type RunningStore } from "../../stores/real-stores.ts";
import { openHostWithRepository, type Host } from "../host.ts";
import { bucketHistory } from "./bucket-history.ts";
import { expectFailure } from "./expect-failure.ts";

const [ceph] = realStores();
const place = "backups/home";

/** A folder of a few KiB, where this machine lets us mount one; null where it does not. */
function mountTiny(folder: string): (() => void) | null {
  mkdirSync(folder, { mode: 0o700 });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k,mode=700", "holdfast-test", folder], { stdio: "ignore" });
  } catch {
    return null;
  }
  return () => execFileSync("umount", [folder]);
}

describe.skipIf(!ceph.isHere)("a state folder that cannot be written", () => {
  let running: RunningStore;
  let host: Host;
  beforeAll(async () => {
    running = await ceph.start();
    host = await openHostWithRepository(running.store, place);
    for (let backup = 0; backup < 4; backup++) await host.run(["backup"]);
  });
  afterAll(async () => {
    await host.remove();
    await running.stop();
  });
  const plan = (stateFolder: string): readonly string[] => [
    "--state-dir",
    stateFolder,
    "rollback",
    "plan",
    "--to",
    new Date().toISOString(),
  ];

  it("is told when the disk is full, with 73; the bucket is as it was, and elsewhere the plan is made", async (context) => {
    const folder = path.join(host.folder, "tiny");
    const unmount = mountTiny(folder);
    if (unmount === null) context.skip("only root may mount a small disk");
    try {
      const before = await bucketHistory(running.store, place);
      await expectFailure(
        host,
        { words: plan(folder) },
        {
          kind: "state-unwritable",
          exit: 73,
          subject: new RegExp(`${folder}/`),
          problem: "the disk is full",
          hint: /make room .*--state-dir DIR; then run the same again/,
        },
      );
      expect(await bucketHistory(running.store, place)).toEqual(before);
    } finally {
      unmount?.();
    }
    expect((await host.run(plan(path.join(host.folder, "roomy")))).code).toBe(0);
  });

  it("is told when others may read it, with the chmod to run and 73", async () => {
    const folder = path.join(host.folder, "open");
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    for (const words of [plan(folder), ["--state-dir", folder, "init"]]) {
      await expectFailure(
        host,
        { words },
        {
          kind: "state-unwritable",
          exit: 73,
          subject: folder,
          problem: "others on this machine may read it",
          hint: `chmod 700 ${folder}`,
        },
      );
    }
  });

  it("is told when it may not be made or is no folder, with 73", async () => {
    const file = path.join(host.folder, "a-file");
    writeFileSync(file, "");
    for (const folder of ["/sys/holdfast", path.join(file, "state")]) {
      await expectFailure(
        host,
        { words: plan(folder) },
        {
          kind: "state-unwritable",
          exit: 73,
          subject: folder,
          problem: /not ours to write|read-only|no folder/,
          hint: "--state-dir DIR",
        },
      );
    }
  });
});
