import { describe, expect, it } from "vitest";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { openS3Store } from "../../src/adapters/s3/s3-store.ts";
import type { Role } from "../../src/base/role.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";
import { openTestStore, s3Access } from "../stores/real-stores.ts";
import { bytes, key, markersOf, rowsOf, versionedBucket, type StoreUnderTest } from "./bucket.ts";

export function knowsWhetherItMayLift(under: StoreUnderTest): void {
  describe("mayLiftMarkers()", () => {
    it("says yes to a key that may do everything, and leaves every row as it was", async () => {
      const { store } = await versionedBucket(under);
      await hiddenKey(store);
      const rows = await rowsOf(store);
      expect(await store.mayLiftMarkers("home/")).toBe(true);
      expect(await store.mayLiftMarkers("")).toBe(true);
      expect(await rowsOf(store)).toEqual(rows);
    });
  });
}

/** That the trial on a canary tells the truth: what it says is what then happens to a real marker. */
export function keepsToWhatItSaidOfLifting(local: () => LocalStore): void {
  describe("mayLiftMarkers() before liftMarkers()", () => {
    it.each<[Role, boolean]>([
      ["writer", false],
      ["pruner", false],
      ["rescuer", true],
    ])("says of a %s: %s, writes nothing, and is right", async (role, expected) => {
      const bucket = `lift-${role}`;
      const owners = await openTestStore(local(), bucket);
      await hiddenKey(owners);
      const rows = await rowsOf(owners);
      const granted = await local().makeKey({ role, bucket, prefix: "home/" });
      const store = openS3Store(s3Access(local(), granted, `${bucket}/home`));
      expect(await store.mayLiftMarkers("home/")).toBe(expected);
      expect(await rowsOf(owners)).toEqual(rows);
      expect(await lifts(store, owners)).toBe(expected);
    });
  });
}

async function hiddenKey(store: PurgingStore): Promise<void> {
  await store.put(key("home/data/a"), bytes("a"));
  await store.hide([key("home/data/a")]);
}

/** A store may refuse the whole batch or its entries. */
async function lifts(store: PurgingStore, owners: PurgingStore): Promise<boolean> {
  const markers = await markersOf(owners);
  expect(markers).toHaveLength(1);
  const outcomes = await store.liftMarkers(markers).catch((error: unknown) => {
    expect(error).toMatchObject({ kind: "store-denied" });
    return null;
  });
  const isLifted = (await markersOf(owners)).length === 0;
  expect(outcomes?.every(({ error }) => error === null) ?? false).toBe(isLifted);
  return isLifted;
}
