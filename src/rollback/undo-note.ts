import type { StateFolder } from "../base/state-folder.ts";
import { damagedFile } from "../history/line-fields.ts";
import { readPlan } from "./plan-file.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { planStem } from "./plan-stem.ts";

/** A plan that takes another one back, and its name in the state folder. */
export interface UndoPlan {
  readonly plan: RollbackPlan;
  readonly name: string;
}

/** Says of a plan that it is being undone, by which plan. */
function noteName(plan: RollbackPlan): string {
  return `journals/${planStem(plan.header, plan.lastHash)}.undo.json`;
}

/** Durable on return: from here on the plan cannot be applied again. */
export async function noteUndo(state: StateFolder, plan: RollbackPlan, undo: UndoPlan): Promise<void> {
  const note = { type: "undo", plan: undo.name, lastHash: undo.plan.lastHash };
  await state.replace(noteName(plan), `${JSON.stringify(note)}\n`);
}

/**
 * The plan that takes `plan` back, where one was made; null where none was. `damaged-file` where the note says so and its
 * plan is gone, damaged or another.
 */
export async function undoPlanOf(state: StateFolder, plan: RollbackPlan): Promise<UndoPlan | null> {
  const text = await state.read(noteName(plan));
  if (text === null) return null;
  const note = { what: "note of the undo", path: state.pathOf(noteName(plan)) };
  const fields = /^\{"type":"undo","plan":"([^"]+)","lastHash":"([0-9a-f]{64})"\}\n$/.exec(text);
  const [, name, lastHash] = fields ?? [];
  if (name === undefined || lastHash === undefined) throw damagedFile(note, "it is not as it was written");
  const file = await state.open(name);
  if (file === null)
    throw damagedFile({ what: "plan", path: state.pathOf(name) }, "it is not there, and an undo rests on it");
  const undo = await readPlan(file);
  if (undo.lastHash === lastHash && undo.header.undoes === plan.lastHash) return { plan: undo, name };
  throw damagedFile({ what: "plan", path: file.path }, "it is not the plan that the undo began with");
}
