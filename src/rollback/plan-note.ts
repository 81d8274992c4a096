import type { StateFolder } from "../base/state-folder.ts";
import { damagedFile } from "../history/line-fields.ts";
import { readPlan } from "./plan-file.ts";
import type { RollbackPlan } from "./plan-file.ts";
import { planStem } from "./plan-stem.ts";

/** What another plan is to a plan: the one that takes it back, or the one that it went on as when the bucket had changed. */
export type NoteKind = "undo" | "successor";

/** A plan and its name in the state folder. */
export interface NotedPlan {
  readonly plan: RollbackPlan;
  readonly name: string;
}

function noteName(plan: RollbackPlan, kind: NoteKind): string {
  return `journals/${planStem(plan.header, plan.lastHash)}.${kind}.json`;
}

/** Durable on return: from here on the plan itself cannot be applied again. */
export async function notePlan(
  state: StateFolder,
  { plan, kind, other }: { readonly plan: RollbackPlan; readonly kind: NoteKind; readonly other: NotedPlan },
): Promise<void> {
  const note = { type: kind, plan: other.name, lastHash: other.plan.lastHash };
  await state.replace(noteName(plan, kind), `${JSON.stringify(note)}\n`);
}

const words = { undo: "an undo rests on it", successor: "the rollback went on as it" } as const;

/**
 * What was noted with `notePlan`; null where nothing was. `damaged-file` where the note says so and its plan is gone,
 * damaged or another.
 */
export async function notedPlan(state: StateFolder, plan: RollbackPlan, kind: NoteKind): Promise<NotedPlan | null> {
  const text = await state.read(noteName(plan, kind));
  if (text === null) return null;
  const note = { what: `note of the ${kind}`, path: state.pathOf(noteName(plan, kind)) };
  const fields = /^\{"type":"(undo|successor)","plan":"([^"]+)","lastHash":"([0-9a-f]{64})"\}\n$/.exec(text);
  const [, noted, name, lastHash] = fields ?? [];
  if (noted !== kind || name === undefined || lastHash === undefined)
    throw damagedFile(note, "it is not as it was written");
  const file = await state.open(name);
  if (file === null)
    throw damagedFile({ what: "plan", path: state.pathOf(name) }, `it is not there, and ${words[kind]}`);
  const other = await readPlan(file);
  const isIt = other.lastHash === lastHash && other.header.undoes === (kind === "undo" ? plan.lastHash : null);
  if (isIt) return { plan: other, name };
  throw damagedFile({ what: "plan", path: file.path }, "it is not the plan that was noted");
}

/** What the user calls a plan of the state folder by. */
export function wordOf(name: string): string {
  return name.replace(/^plans\//, "").replace(/\.plan\.jsonl$/, "");
}

/**
 * The plans that a plan went on as, one after the other, the last of them last. What a plan went on as before it was undone
 * counts no more: it rests on what the undo took back.
 */
export async function successorsOf(state: StateFolder, plan: RollbackPlan): Promise<readonly NotedPlan[]> {
  const successors: NotedPlan[] = [];
  for (let last = plan; ;) {
    const isUndone = (await notedPlan(state, last, "undo")) !== null;
    const next = isUndone ? null : await notedPlan(state, last, "successor");
    if (next === null) return successors;
    successors.push(next);
    last = next.plan;
  }
}
