import { afterAll, beforeAll, describe } from "vitest";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { imitatedAccess, startImitatedS3, type ImitatedS3 } from "../stores/imitated-s3.ts";
import type { ObjectHabits } from "../stores/imitated-requests.ts";
import { makeBucket } from "./real-store.ts";
import { keepsThePromisesOfAVersionedStore } from "./versioned-store.ts";

/** Habits that a store may have and still let every promise be kept. */
const habits: readonly (readonly [title: string, habits: ObjectHabits])[] = [
  ["as documented", {}],
  ["with whole seconds for dates", { dates: "whole seconds" }],
  ["with seconds rounded up for dates", { dates: "seconds rounded up" }],
  ["with short pages", { pages: "short" }],
  ["with markers in pages of their own", { pages: "of one kind" }],
  ["with something opaque on NextKeyMarker", { next: "with a suffix" }],
  ["with a NextKeyMarker that is not encoded", { encoding: "next key plain" }],
  ["that ignores encoding-type", { encoding: "ignored" }],
  ["that sets one marker a key", { markers: "single" }],
  ["that stacks markers in batches alone", { markers: "stacked in batches" }],
];

describe.each(habits)("an imitated store %s", (_, own) => {
  let server: ImitatedS3 | undefined;
  beforeAll(async () => {
    server = await startImitatedS3({ habits: own });
  });
  afterAll(async () => await server?.stop());

  keepsThePromisesOfAVersionedStore({
    makeBucket: async () => await makeBucket(asLocalStore(server)),
    otherKeys: [],
  });
});

/** Enough of one for the real stores' own way of making buckets. */
function asLocalStore(server: ImitatedS3 | undefined): LocalStore {
  if (server === undefined) throw new Error("the imitated store does not run yet");
  const { credentials } = imitatedAccess(server, "any");
  return {
    title: "an imitated store",
    provider: "ceph",
    endpoint: server.endpoint,
    owner: credentials,
    makeKey: () => Promise.reject(new Error("it knows no roles")),
    stop: async () => await server.stop(),
  };
}
