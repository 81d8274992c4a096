import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LocalKey, LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { administerBucket } from "../../src/adapters/s3/bucket-administration.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import { Failure } from "../../src/base/failure.ts";
import { Secret } from "../../src/base/secret.ts";
import type { HistoryRow } from "../../src/store/object-version.ts";
import type { BatchOutcome, PurgingStore } from "../../src/store/versioned-store.ts";
import { s3Access } from "../stores/real-stores.ts";
import { all, bytes, key, markersOf, rowsOf, versionsOf } from "./bucket.ts";

interface Tried {
  readonly bucket: string;
  readonly owners: PurgingStore;
  readonly rows: readonly HistoryRow[];
}

/** A bucket with one version and one hidden key below `data/`. */
async function triedBucket(local: LocalStore): Promise<Tried> {
  const bucket = `hf-${randomUUID()}`;
  const access = s3Access(local, local.owner, bucket);
  await administerBucket(access).createBucket();
  const owners = openS3Store(access);
  await owners.enableVersioning();
  await owners.put(key("data/a"), bytes("a"));
  await owners.put(key("data/b"), bytes("b"));
  await owners.hide([key("data/b")]);
  return { bucket, owners, rows: await rowsOf(owners) };
}

/** Every method that asks the store for something, but for `readClock`, which any answer satisfies. */
async function attempts(store: PurgingStore, owners: PurgingStore): Promise<readonly (() => Promise<unknown>)[]> {
  const [version] = await versionsOf(owners, "data/a");
  const markers = await markersOf(owners, "data/b");
  if (version === undefined) throw new Error("nothing was put");
  return [
    () => rowsOf(store),
    () => all(store.listCurrent("")),
    () => store.read(key("data/a"), null),
    () => store.read(key("data/a"), version.versionId),
    () => store.versioning(),
    () => store.settings(),
    () => store.openUploads(""),
    () => store.mayLiftMarkers(""),
    () => store.put(key("data/c"), bytes("c")),
    () => store.copyForward(version),
    () => store.hide([key("data/a")]),
    () => store.liftMarkers(markers),
    () => store.enableVersioning(),
    () => store.destroyVersions([version]),
  ];
}

async function failuresOf(tries: readonly (() => Promise<unknown>)[]): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const attempt of tries) {
    const error: unknown = await attempt().then(
      () => new Error(`nothing failed: ${String(attempt)}`),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof Failure)) throw error;
    failures.push(error);
  }
  return failures;
}

/** What a failure shows on a screen or in a log. */
function shown(failure: Failure): string {
  return JSON.stringify([failure.message, failure.problem, failure.hint, failure.details]);
}

function refusesAnotherKey(local: () => LocalStore): void {
  const wrong = "a-secret-that-was-never-given-out-0000000";
  it.each([
    ["a wrong secret", (owner: LocalKey) => ({ ...owner, secretKey: new Secret(wrong) }), "secret key", "secret-key"],
    [
      "an unknown access key",
      (owner: LocalKey) => ({ ...owner, accessKey: "HOLDFASTNOBODY000000" }),
      "does not know this access key",
      "access-key",
    ],
  ])("tells %s by every method, and what to check", async (_, spoil, problem, field) => {
    const { bucket, owners, rows } = await triedBucket(local());
    const spoilt = spoil(local().owner);
    const store = openS3Store(s3Access(local(), spoilt, bucket));
    const failures = await failuresOf(await attempts(store, owners));
    expect(new Set(failures.map((failure) => failure.kind))).toEqual(new Set(["store-denied"]));
    for (const failure of failures) {
      expect(failure.problem).toContain(problem);
      expect(failure.hint).toBe(`check keys.rescuer.${field} in the configuration`);
      expect([bucket, "data/a", "data/c"]).toContain(failure.subject);
      expect(failure.details["key"]).toContain(spoilt.accessKey.slice(-4));
      expect(shown(failure)).not.toContain(spoilt.secretKey.reveal());
    }
    const { store: theirs } = await store.readClock();
    expect(Math.abs(theirs - Date.now())).toBeLessThan(2000);
    expect(await rowsOf(owners)).toEqual(rows);
  });
}

function refusesARole(local: () => LocalStore): void {
  it("tells a writer that it may neither destroy, lift nor hide, for each entry or for all", async () => {
    const { bucket, owners, rows } = await triedBucket(local());
    const key = await local().makeKey({ role: "writer", bucket, prefix: "" });
    const store = openS3Store(s3Access(local(), key, bucket));
    const markers = await markersOf(owners);
    const batches = [
      { entries: rows.length, send: () => store.destroyVersions(rows) },
      { entries: markers.length, send: () => store.liftMarkers(markers) },
      { entries: rows.length, send: () => store.hide(rows.map((row) => row.key)) },
    ];
    for (const { entries, send } of batches)
      expect(await refusalsOf(entries, send)).toEqual(Array(entries).fill("AccessDenied"));
    const administration = administerBucket(s3Access(local(), key, bucket));
    await expect(administration.suspendVersioning()).rejects.toMatchObject({ kind: "store-denied", subject: bucket });
    await expect(administration.putPolicy("{}")).rejects.toMatchObject({ kind: "store-denied", subject: bucket });
    expect(await rowsOf(owners)).toEqual(rows);
  });
}

/** The code of each entry. A store may also refuse the whole batch: then that is what it says of each. */
async function refusalsOf(
  entries: number,
  send: () => Promise<readonly BatchOutcome[]>,
): Promise<readonly (string | undefined)[]> {
  try {
    return (await send()).map(({ error }) => error?.code);
  } catch (error) {
    expect(error).toMatchObject({ kind: "store-denied", problem: "the store refused the key (AccessDenied)" });
    return Array<string>(entries).fill("AccessDenied");
  }
}

function refusesAnotherHour(local: () => LocalStore): void {
  afterEach(() => vi.useRealTimers());
  it.each([
    ["behind", -3_600_000],
    ["ahead", 3_600_000],
  ])("tells a clock that is an hour %s by every method, with the store's date", async (_, off) => {
    const { bucket, owners, rows } = await triedBucket(local());
    const store = openS3Store(s3Access(local(), local().owner, bucket));
    const tries = await attempts(store, owners);
    const now = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: now + off });
    const failures = await failuresOf(tries);
    const reading = await store.readClock();
    vi.useRealTimers();
    for (const failure of failures) {
      expect(failure).toMatchObject({ kind: "clock-skewed", hint: expect.stringContaining("timedatectl") as string });
      expect(Math.abs(Date.parse(failure.details["store says"] ?? "") - now)).toBeLessThan(10_000);
    }
    expect(Math.abs(reading.ours - reading.store - off)).toBeLessThan(10_000);
    expect(await rowsOf(owners)).toEqual(rows);
  });
}

/** What a real store refuses, told by the kinds that the port promises. */
export function refusesByName(local: () => LocalStore): void {
  describe("the store's refusals", () => {
    it("tell a missing bucket by every method, and `readClock` works all the same", async () => {
      const { owners } = await triedBucket(local());
      const bucket = `hf-${randomUUID()}`;
      const store = openS3Store(s3Access(local(), local().owner, `${bucket}/home`));
      const failures = await failuresOf(await attempts(store, owners));
      for (const failure of failures) {
        expect(failure).toMatchObject({
          kind: "no-repository",
          problem: expect.stringMatching(/^the bucket does not exist/) as string,
        });
        expect(failure.hint).toContain(bucket);
      }
      const { store: theirs } = await store.readClock();
      expect(Math.abs(theirs - Date.now())).toBeLessThan(2000);
    });
    refusesAnotherKey(local);
    refusesARole(local);
    refusesAnotherHour(local);
  });
}
