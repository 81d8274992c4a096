import { expect, it } from "vitest";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { takeStem } from "../../src/rollback/file-names.ts";
import { MemoryState } from "./memory-state.ts";

const to = instantFromMilliseconds(Date.parse("2026-11-20T03:00:00Z"));

it("gives plans that are made at once a name each", async () => {
  const state = new MemoryState();
  const taken = await Promise.all([1, 2, 3].map(async () => await takeStem(state, "home", to)));
  const stems = taken.map(({ stem }) => stem).sort();
  expect(stems).toEqual(["home-20261120T030000Z", "home-20261120T030000Z-2", "home-20261120T030000Z-3"]);
});

it("hands on why a file cannot be made", async () => {
  const state = new MemoryState();
  state.create = async () => await Promise.reject(new Error("the disk is full"));
  await expect(takeStem(state, "home", to)).rejects.toThrow("the disk is full");
});
