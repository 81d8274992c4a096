import { describe, expect, it } from "vitest";
import type { LocalStore } from "../../src/adapters/local-store/local-store.ts";
import { profileOf } from "../stores/real-stores.ts";
import { bytes, key, markersOf, rowsOf } from "./bucket.ts";
import { makeBucket } from "./real-store.ts";

/** Facts of its profile that a real store can be asked for. */
export function isAsItsProfileSays(local: () => LocalStore): void {
  describe("its profile", () => {
    it("tells whether a hidden key that is hidden again gets a second marker", async () => {
      const { store } = await makeBucket(local());
      await store.enableVersioning();
      await store.put(key("a"), bytes("a"));
      await store.hide([key("a")]);
      await store.hide([key("a")]);
      const expected = profileOf(local().provider).markers.value === "stacked" ? 2 : 1;
      expect(await markersOf(store)).toHaveLength(expected);
    });

    it("tells how fine the dates of a listing are", async () => {
      const { store } = await makeBucket(local());
      await store.enableVersioning();
      for (const name of ["a", "b", "c", "d"]) await store.put(key(name), bytes(name));
      const hasMilliseconds = (await rowsOf(store)).some((row) => row.lastModified % 1000 !== 0);
      expect(profileOf(local().provider).dateResolution.value).toBe(hasMilliseconds ? "millisecond" : "second");
    });

    it("tells whose date a version has that came in parts: that of its end or of its beginning", async () => {
      const { store, operator, completeUpload } = await makeBucket(local());
      await store.enableVersioning();
      const uploadId = await operator.beginUpload(key("late"));
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await store.put(key("between"), bytes("between"));
      await completeUpload({ key: key("late"), uploadId }, bytes("late"));
      const [between, late] = await rowsOf(store);
      if (between === undefined || late === undefined) throw new Error("nothing was put");
      const dated = late.lastModified >= between.lastModified ? "completion" : "initiation";
      expect(profileOf(local().provider).uploadDate.value).toBe(dated);
    });
  });
}
