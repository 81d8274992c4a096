import { expect, it } from "vitest";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { evidenceNames, rollbackFile, takeStem } from "../../src/rollback/file-names.ts";
import { MemoryState } from "./memory-state.ts";

const to = instantFromMilliseconds(Date.parse("2026-11-20T03:00:00Z"));
const home = { repository: "home", to };

it("gives plans that are made at once a name each", async () => {
  const state = new MemoryState();
  const make = async (stem: string) => await state.createSealed(rollbackFile("evidence", stem));
  const taken = await Promise.all([1, 2, 3].map(async () => await takeStem(state, home, make)));
  const stems = taken.map(({ stem }) => stem).sort();
  expect(stems).toEqual(["home-20261120T030000Z", "home-20261120T030000Z-2", "home-20261120T030000Z-3"]);
});

it("takes no name under which there is a plan or evidence, whatever the repository is called", async () => {
  const state = new MemoryState();
  await state.create("plans/my.home-20261120T030000Z.plan.jsonl");
  await state.create("evidence/my.home-20261120T030000Z-2.evidence.jsonl.gz");
  const make = async (stem: string) => await state.create(rollbackFile("plan", stem));
  const { stem } = await takeStem(state, { repository: "my.home", to }, make);
  expect(stem).toBe("my.home-20261120T030000Z-3");
});

it("hands on why a file cannot be made", async () => {
  const make = async (): Promise<never> => await Promise.reject(new Error("the disk is full"));
  await expect(takeStem(new MemoryState(), home, make)).rejects.toThrow("the disk is full");
});

it("tells the evidence of one repository from that of another whose name begins like it", async () => {
  const state = new MemoryState();
  const names = ["home-20261120T030000Z-2", "home-20261120T030000Z", "home-nas-20261120T030000Z", "home"];
  for (const name of names) await state.create(`evidence/${name}.evidence.jsonl.gz`);
  expect(await evidenceNames(state, "home")).toEqual([
    "evidence/home-20261120T030000Z-2.evidence.jsonl.gz",
    "evidence/home-20261120T030000Z.evidence.jsonl.gz",
  ]);
});
