import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { realStores, type RunningStore } from "../../stores/real-stores.ts";
import { openHostWithRepository, openLonelyHost, type Host } from "../host.ts";
import { expectFailure, expectNothingIndecent } from "./expect-failure.ts";
import { relayTls, skewedStore, type Relay, type TlsRelay } from "./relay.ts";
import { Secret } from "../../../src/base/secret.ts";

const [ceph] = realStores();
const restics = inject("restics");

describe("a clock that is an hour off the store's", () => {
  const hour = 3_600_000;
  const key = { accessKey: "HFKEYHFKEYHFKEY", secretKey: new Secret("hf-secret-hf-secret"), sessionToken: null };
  let store: Relay;
  let host: Host;
  beforeAll(async () => {
    store = await skewedStore(hour);
    host = openLonelyHost({
      location: `s3:${store.endpoint}/backups/home`,
      keys: { writer: key, rescuer: key, pruner: key },
    });
  });
  afterAll(async () => {
    await host.remove();
    await store.close();
  });
  const expected = {
    kind: "clock-skewed",
    exit: 69,
    subject: /home/,
    problem: /the store refused the time of day: this machine's clock and the store's are too far apart/,
    hint: "set this machine's clock (timedatectl), then run the same again",
  } as const;

  it.each([[["snapshots"]], [["rollback", "plan", "--to", "1h-ago"]], [["init"]]])(
    "is told for %s, with the command that sets it, and ends with 69",
    async (words) => {
      await expectFailure(host, { words }, expected);
    },
  );

  it("is told for a backup with every restic, which alone would try for 15 minutes", async () => {
    for (const restic of restics) await expectFailure(host, { words: ["backup"], restic }, expected);
  });

  it("comes with the store's date, so that one can see whose clock it is", async () => {
    const { last } = await host.run(["--json", "rollback", "plan", "--to", "1h-ago"]);
    const { "store says": date } = last["details"] as Readonly<Record<string, string>>;
    expect(Math.abs(Date.parse(date ?? "") - Date.now() - hour)).toBeLessThan(120_000);
  });
});

describe.skipIf(!ceph.isHere)("a store behind a certificate of a private authority", () => {
  let running: RunningStore;
  let relay: TlsRelay;
  let host: Host;
  let behindTls: Host;
  beforeAll(async () => {
    running = await ceph.start();
    relay = await relayTls(running.store.endpoint);
    host = await openHostWithRepository(running.store, "backups/home");
    behindTls = host.with({ location: `s3:${relay.endpoint}/backups/home` });
  });
  afterAll(async () => {
    await host.remove();
    await relay.close();
    await running.stop();
  });
  const expected = {
    kind: "store-unreachable",
    exit: 69,
    subject: /home/,
    problem: /certificate is not signed by an authority that this machine trusts/,
    hint: /ca-file/,
  } as const;

  it("is refused by every restic, naming ca-file, with 69", async () => {
    for (const restic of restics) await expectFailure(behindTls, { words: ["backup"], restic }, expected);
  });

  it.each([[["snapshots"]], [["init"]]])("is refused for %s, naming ca-file, with 69", async (words) => {
    await expectFailure(behindTls, { words }, expected);
  });

  it("is trusted with ca-file, by every restic and by Holdfast's own requests", async () => {
    const trusting = behindTls.with({ caFile: relay.caFile });
    for (const restic of restics) {
      const done = await trusting.run(["--json", "backup"], { restic });
      expect(done.last).toMatchObject({ type: "result", ok: true });
      expectNothingIndecent(done, host);
    }
    expect((await trusting.run(["--json", "snapshots"])).last["snapshots"]).toHaveLength(restics.length);
    expect((await trusting.run(["rollback", "plan", "--to", new Date().toISOString()])).code).toBe(0);
  });

  it("says that the file of ca-file is not there, and ends with 78", async () => {
    await expectFailure(
      behindTls.with({ caFile: "/nowhere/ca.pem" }),
      { words: ["snapshots"] },
      {
        kind: "config",
        exit: 78,
        subject: "home",
        problem: "the file of ca-file cannot be read",
        hint: /ca-file/,
      },
    );
  });
});
