import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import type { LocalKey } from "../../../src/adapters/local-store/local-store.ts";
import { Secret } from "../../../src/base/secret.ts";
import { realStores, type RunningStore } from "../../stores/real-stores.ts";
import { newestRestic, openHostWithRepository, type Host } from "../host.ts";
import { expectFailure } from "./expect-failure.ts";

const [ceph] = realStores();
const place = "backups/home";
const restics = inject("restics").map((restic) => ({
  restic,
  version: execFileSync(restic, ["version"], { encoding: "utf8" }).split(" ")[1],
}));

/** The same keys of every role, one part of each changed. */
function keysOf(host: Host, change: (key: LocalKey) => Partial<LocalKey>): Host["settings"]["keys"] {
  return Object.fromEntries(
    Object.entries(host.settings.keys).map(([role, key]) => [role, { ...key, ...change(key) }]),
  );
}

describe.skipIf(!ceph.isHere)("a configuration that names the wrong store, key, bucket or password", () => {
  let running: RunningStore;
  let host: Host;
  beforeAll(async () => {
    running = await ceph.start();
    host = await openHostWithRepository(running.store, place);
  });
  afterAll(async () => {
    await host.remove();
    await running.stop();
  });

  /** Every way to the store with the newest restic, restic's own way with the others. */
  const commandsOf = (restic: string): readonly (readonly string[])[] =>
    restic === newestRestic()
      ? [["backup"], ["snapshots"], ["check"], ["rollback", "plan", "--to", "1h-ago"]]
      : [["backup"]];

  it("names the endpoint that does not answer, within seconds, and ends with 69", async () => {
    const lost = host.with({ location: `s3:http://127.0.0.1:1/${place}` });
    const hint = /check .*http:\/\/127\.0\.0\.1:1 and the network/;
    const expected = {
      kind: "store-unreachable",
      exit: 69,
      subject: /home/,
      problem: /does not answer/,
      hint,
    } as const;
    await Promise.all(
      restics.flatMap(({ restic }) =>
        [["backup"], ["snapshots"]].map(async (words) => {
          await expectFailure(lost, { words, restic, timeout: 60_000 }, expected);
        }),
      ),
    );
  });

  describe.each(restics)("with restic $version", ({ restic }) => {
    it("names the access key that the store does not know and ends with 77", async () => {
      const stranger = host.with({ keys: keysOf(host, () => ({ accessKey: "HFNOBODYHFNOBODY" })) });
      for (const words of commandsOf(restic)) {
        await expectFailure(
          stranger,
          { words, restic },
          {
            kind: "store-denied",
            exit: 77,
            subject: /home/,
            problem: /the store does not know this access key/,
            hint: /keys\.\w+\.access-key/,
          },
        );
      }
    });

    it("says that the secret key is the wrong one, not what it is, and ends with 77", async () => {
      const secretKey = new Secret("hfWrongSecretKeyHfWrongSecretKeyHfWrong1");
      const wrong = host.with({ keys: keysOf(host, () => ({ secretKey })) });
      for (const words of commandsOf(restic)) {
        await expectFailure(
          wrong,
          { words, restic },
          {
            kind: "store-denied",
            exit: 77,
            subject: /home/,
            problem: /the secret key is not the one of this access key/,
            hint: /keys\.\w+\.secret-key/,
          },
        );
      }
    });

    it("names the bucket that does not exist and ends with 10, for init with 81", async () => {
      const elsewhere = host.with({ location: `s3:${running.store.endpoint}/no-such-bucket/home` });
      const hint = /make the bucket no-such-bucket at the store/;
      for (const words of commandsOf(restic)) {
        await expectFailure(
          elsewhere,
          { words, restic },
          {
            kind: "no-repository",
            exit: 10,
            subject: /home/,
            problem: /the bucket does not exist/,
            hint,
          },
        );
      }
      await expectFailure(
        elsewhere,
        { words: ["init"], restic },
        {
          kind: "refused",
          exit: 81,
          subject: "no-such-bucket/home",
          problem: "the bucket does not exist, and restic would make one without versions",
          hint,
        },
      );
    });

    it("says that the password opens nothing, not what it is, and ends with 12", async () => {
      const forgetful = host.with({ password: "hf-not-the-password" });
      for (const words of restic === newestRestic() ? [["backup"], ["snapshots"], ["init"]] : [["backup"]]) {
        await expectFailure(
          forgetful,
          { words, restic },
          {
            kind: "wrong-password",
            exit: 12,
            subject: "home",
            problem: "the password opens no key of this repository",
            hint: "check repositories.home.password",
          },
        );
      }
    });

    it("names an empty place and the init that makes a repository of it, and ends with 10", async () => {
      const early = host.with({ location: `s3:${running.store.endpoint}/backups/home/not-yet` });
      for (const words of [["backup"], ["snapshots"]]) {
        await expectFailure(
          early,
          { words, restic },
          {
            kind: "no-repository",
            exit: 10,
            subject: "home",
            problem: "there is no restic repository",
            hint: "holdfast init home",
          },
        );
      }
    });
  });
});
