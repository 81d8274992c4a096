import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalKey } from "../../src/adapters/local-store/local-store.ts";
import { openS3Clients } from "../../src/adapters/s3/s3-client.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import type { Role } from "../../src/base/role.ts";
import { attack } from "../../src/cli/demo/attack.ts";
import { compareFolders } from "../../src/cli/demo/sample-files.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import { nginxIsHere, startGuard, type Guard } from "../stores/nginx-guard.ts";
import { realStores, s3Access, type RunningStore } from "../stores/real-stores.ts";
import { openHost, type Host } from "./host.ts";
import { runRestic, type ResticRun } from "./run-restic.ts";

const [, minio] = realStores();

describe.skipIf(!minio.isHere || !nginxIsHere())("through a guard before MinIO", () => {
  let running: RunningStore;
  let guard: Guard;
  beforeAll(async () => {
    running = await minio.start();
    guard = await startGuard(running.store);
  });
  afterAll(async () => {
    await guard.stop();
    await running.stop();
  });

  /** Two configurations of one repository: of a host with its everyday keys, and of the rescuer, who takes another port. */
  interface Sides {
    readonly host: Host;
    readonly rescuer: Host;
    readonly keyOf: (role: Role) => LocalKey;
  }

  async function openSides(place: string): Promise<Sides> {
    const all = await openHost(guard.rescuer, place);
    const keyOf = (role: Role): LocalKey => {
      const key = all.settings.keys[role];
      if (key === undefined) throw new Error(`the host has no ${role}`);
      return key;
    };
    const everyday = { writer: keyOf("writer"), pruner: keyOf("pruner") };
    const host = all.with({ location: `s3:${guard.everyone.endpoint}/${place}`, keys: everyday });
    return { host, rescuer: all.with({ keys: { rescuer: keyOf("rescuer") } }), keyOf };
  }

  it("restic makes, fills, prunes, checks and restores a repository", async () => {
    const { host, rescuer, keyOf } = await openSides("restic/home");
    writeFileSync(path.join(host.files, "large"), randomBytes(40 * 1024 * 1024));
    const ok = async (side: Host, role: Role, ...words: readonly string[]): Promise<ResticRun> => {
      const run = await runRestic(side, words, { key: keyOf(role) });
      expect(run, `${words.join(" ")}: ${run.stderr}`).toMatchObject({ code: 0 });
      return run;
    };
    await ok(rescuer, "rescuer", "init");
    await ok(host, "writer", "backup", host.files);
    writeFileSync(path.join(host.files, "large"), randomBytes(1024));
    await ok(host, "writer", "backup", host.files);
    expect((await ok(host, "pruner", "forget", "--keep-last", "1", "--prune")).stdout).toMatch(
      /removing \d+ old packs/,
    );
    await ok(host, "writer", "check", "--read-data");
    const target = path.join(host.folder, "restored");
    await ok(host, "writer", "restore", "latest", "--target", target);
    expect(await compareFolders(host.files, path.join(target, host.files))).toMatchObject({ differing: [] });
    await host.remove();
  });

  it("an SDK uploads in parts, with its own checksums, and reads a range", async () => {
    const { host, keyOf } = await openSides("parts/home");
    const { writing: client } = openS3Clients(s3Access(guard.everyone, keyOf("writer"), "parts/home"));
    const object = { Bucket: "parts", Key: "home/data/a b+ä" };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
    const Body = randomBytes(6 * 1024 * 1024);
    const part = { ...object, UploadId, PartNumber: 1, Body, ChecksumAlgorithm: "CRC32" } as const;
    const { ETag } = await client.send(new UploadPartCommand(part));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await client.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }));
    const read = await client.send(new GetObjectCommand({ ...object, Range: "bytes=10-19" }));
    expect(await read.Body?.transformToByteArray()).toEqual(new Uint8Array(Body.subarray(10, 20)));
    await host.remove();
  });

  it("Holdfast makes, fills and prunes a repository, and after an attack rolls it back by the rescuer's port", async () => {
    const place = "holdfast/home";
    const { host, rescuer, keyOf } = await openSides(place);
    const ok = async (side: Host, ...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
      const run = await side.run(["--json", "--yes", ...words]);
      expect(run, `${words.join(" ")}: ${run.stdout}${run.stderr}`).toMatchObject({ code: 0 });
      return run.last;
    };
    await ok(rescuer, "init");
    await ok(host, "backup");
    writeFileSync(path.join(host.files, "one"), "another one\n");
    const { snapshotId } = await ok(host, "backup");
    await ok(host, "prune");
    const stolen = (role: Role) => openS3Store(s3Access(guard.everyone, keyOf(role), place));
    const history: HistoryRow[] = [];
    for await (const page of openS3Store(s3Access(guard.rescuer, keyOf("rescuer"), place)).listVersions("home/")) {
      history.push(...page);
    }
    const report = await attack({ writer: stolen("writer"), pruner: stolen("pruner"), prefix: "home/", history });
    expect(report.deleted).toBe(report.objects);
    expect((await host.run(["--json", "snapshots"])).code).toBe(10);
    const { name } = await ok(rescuer, "rollback", "plan", "--to", `snapshot:${String(snapshotId)}`);
    expect(await ok(rescuer, "rollback", "apply", String(name), "--check")).toMatchObject({ ok: true, failed: 0 });
    expect(await ok(rescuer, "rollback", "verify", String(name))).toMatchObject({ ok: true, differing: 0 });
    expect(await ok(host, "check", "--read-data-subset", "100%")).toMatchObject({ ok: true, errors: 0 });
    await ok(host, "backup");
    const target = path.join(host.folder, "restored");
    await ok(host, "restore", String(snapshotId), "--target", target);
    expect(await compareFolders(host.files, path.join(target, host.files))).toMatchObject({ differing: [] });
    await host.remove();
  });
});
