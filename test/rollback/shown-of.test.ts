import { describe, expect, it } from "vitest";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { objectKey } from "../../src/base/object-key.ts";
import type { ObjectKey } from "../../src/base/object-key.ts";
import { shownOf } from "../../src/rollback/shown-of.ts";
import { counting } from "../../src/store/counting-store.ts";
import type { CurrentObject } from "../../src/store/object-version.ts";
import { failureOf, Scene } from "./scene.ts";

/** Keys as they come, and how many were asked for. */
function source(keys: readonly string[]) {
  const asked: ObjectKey[] = [];
  const lastModified = instantFromMilliseconds(0);
  async function* objects(): AsyncGenerator<CurrentObject> {
    for (const text of keys) {
      const key = objectKey(text);
      asked.push(key);
      yield await Promise.resolve({ key, lastModified, size: 0, etag: "" });
    }
  }
  return { asked, objects: objects() };
}

async function found(hidden: readonly string[], shown: readonly string[]): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const of of shownOf(source(hidden).objects, source(shown).objects)) {
    if (of.shown !== null) keys.push(of.wanted.key);
  }
  return keys;
}

describe("shownOf()", () => {
  it.each([
    ["nothing of what stays hidden", ["b", "d"], ["a", "c", "e"], []],
    ["all that is shown", ["b", "d"], ["a", "b", "c", "d", "e"], ["b", "d"]],
    ["the last one, after which nothing is listed", ["a", "z"], ["z"], ["z"]],
    ["nothing in an empty listing", ["a", "b"], [], []],
    // U+E000 comes before an emoji by its bytes and after it by UTF-16.
    ["keys by the order of their bytes", ["\ue000", "😀"], ["\ue000", "😀"], ["\ue000", "😀"]],
  ])("finds %s", async (_, hidden, shown, expected) => expect(await found(hidden, shown)).toEqual(expected));

  it("reads no further than there is something hidden, and nothing where nothing is", async () => {
    const one = source(["a", "b", "c", "d"]);
    for await (const { shown } of shownOf(source(["a"]).objects, one.objects)) expect(shown?.key).toBe("a");
    expect(one.asked).toEqual(["a"]);
    const none = source(["a"]);
    for await (const { wanted } of shownOf(source([]).objects, none.objects)) throw new Error(wanted.key);
    expect(none.asked).toEqual([]);
  });
});

describe("applyRollback(), when it hides more than it holds at once,", () => {
  it("lists what shows once, and names what is shown again wherever it stands", async () => {
    const scene = new Scene();
    const { T } = await scene.repository();
    const keys: ObjectKey[] = [];
    for (let count = 0; count < 17_000; count++) keys.push(scene.key(`junk/${count.toString().padStart(5, "0")}`));
    for (const key of keys) await scene.put(key, "junk");
    const { plan } = await scene.plan(T);
    const again = [keys[3], keys[16_999]].filter((key) => key !== undefined);
    const store = counting(scene.store);
    const hide = store.hide.bind(store);
    let hidden = 0;
    store.hide = async (some) => {
      const outcomes = await hide(some);
      hidden += some.length;
      if (hidden === keys.length) for (const key of again) await scene.put(key, "thief");
      return outcomes;
    };
    const listCurrent = store.listCurrent.bind(store);
    const plain: string[] = [];
    store.listCurrent = (prefix) => {
      if (!prefix.endsWith("locks/")) plain.push(prefix);
      return listCurrent(prefix);
    };
    const failure = await failureOf(scene.apply(plan, { store }));
    expect(failure).toMatchObject({ kind: "bucket-changed", details: { done: "16998" } });
    for (const key of again) expect(failure.details["changed"]).toContain(key);
    expect(plain).toEqual([scene.prefix]);
  });
});
