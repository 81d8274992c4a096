import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { administerBucket } from "../../../src/adapters/s3/bucket-administration.ts";
import { Secret } from "../../../src/base/secret.ts";
import { realStores, s3Access, type RunningStore } from "../../stores/real-stores.ts";
import { newestRestic, openHostWithRepository, openLonelyHost, type Host } from "../host.ts";
import { bucketHistory } from "./bucket-history.ts";
import { expectFailure } from "./expect-failure.ts";
import { storeWithoutVersions } from "./relay.ts";

const [ceph] = realStores();

describe.skipIf(!ceph.isHere)("a bucket that keeps no versions", () => {
  let running: RunningStore;
  beforeAll(async () => {
    running = await ceph.start();
  });
  afterAll(async () => await running.stop());

  describe("never did", () => {
    const place = "plain/home";
    let host: Host;
    beforeAll(async () => {
      const { store } = running;
      await administerBucket(s3Access(store, store.owner, place)).createBucket();
      const { owner } = store;
      const keys = { writer: owner, pruner: owner, rescuer: owner };
      host = openLonelyHost({ location: `s3:${store.endpoint}/${place}`, provider: "ceph", keys });
      execFileSync(newestRestic(), ["init"], {
        stdio: "ignore",
        env: {
          RESTIC_REPOSITORY: host.settings.location,
          RESTIC_PASSWORD: host.settings.password,
          AWS_ACCESS_KEY_ID: owner.accessKey,
          AWS_SECRET_ACCESS_KEY: owner.secretKey.reveal(),
          RESTIC_CACHE_DIR: `${host.folder}/cache`,
        },
      });
    });
    afterAll(async () => await host.remove());

    it("has no rollback: refused with 81, and what to do before the next backup", async () => {
      await expectFailure(
        host,
        { words: ["rollback", "plan", "--to", "1h-ago"] },
        {
          kind: "refused",
          exit: 81,
          subject: place,
          problem: "the bucket keeps no versions, so there is nothing to go back to",
          hint: /turn versioning on/i,
        },
      );
    });

    it("holds a repository that init refuses to call safe: 81, naming the bucket and what is lost", async () => {
      const before = await bucketHistory(running.store, place);
      await expectFailure(
        host,
        { words: ["init"] },
        {
          kind: "refused",
          exit: 81,
          subject: place,
          problem: "versioning of its bucket is off",
          hint: /turn it on at the store for the bucket plain, then: holdfast init home/,
        },
      );
      const { last } = await host.run(["--json", "init"]);
      expect(last["details"]).toMatchObject({ lost: expect.stringContaining("cannot be brought back") as string });
      expect(await bucketHistory(running.store, place)).toEqual(before);
    });
  });

  describe("does no longer, since somebody suspended it", () => {
    const place = "suspended/home";
    let host: Host;
    let plan = "";
    beforeAll(async () => {
      host = await openHostWithRepository(running.store, place);
      const { last: saved } = await host.run(["--json", "backup"]);
      await host.run(["backup"]);
      const { last } = await host.run([
        "--json",
        "rollback",
        "plan",
        "--to",
        `snapshot:${String(saved["snapshotId"])}`,
      ]);
      plan = String(last["name"]);
      await administerBucket(s3Access(running.store, running.store.owner, place)).suspendVersioning();
    });
    afterAll(async () => await host.remove());

    it("has its repository refused by init: 81, and how to turn versioning on again", async () => {
      await expectFailure(
        host,
        { words: ["init"] },
        {
          kind: "refused",
          exit: 81,
          subject: place,
          problem: "versioning of its bucket is suspended",
          hint: /turn it on at the store for the bucket suspended/,
        },
      );
    });

    it("can be planned for, and apply writes nothing to it: 81", async () => {
      expect((await host.run(["rollback", "plan", "--to", new Date().toISOString()])).code).toBe(0);
      const before = await bucketHistory(running.store, place);
      await expectFailure(
        host,
        { words: ["--yes", "rollback", "apply", plan] },
        {
          kind: "refused",
          exit: 81,
          subject: "home",
          problem: "versioning of the bucket is suspended, not enabled",
          hint: /turn versioning on .*then run apply again/i,
        },
      );
      expect(await bucketHistory(running.store, place)).toEqual(before);
    });
  });
});

describe("a store that has no versions at all", () => {
  it("is refused by init with 81, and what is lost there is said", async () => {
    const store = await storeWithoutVersions();
    const key = { accessKey: "HFKEYHFKEYHFKEY", secretKey: new Secret("hf-secret-hf-secret"), sessionToken: null };
    const host = openLonelyHost({ location: `s3:${store.endpoint}/backups/home`, keys: { rescuer: key } });
    await expectFailure(
      host,
      { words: ["init"] },
      {
        kind: "refused",
        exit: 81,
        subject: "backups/home",
        problem: "keeps no versions",
        hint: /choose a store that keeps versions/,
      },
    );
    const { last } = await host.run(["--json", "init"]);
    expect(last["details"]).toMatchObject({ lost: expect.stringContaining("no rollback") as string });
    await host.remove();
    await store.close();
  });
});
