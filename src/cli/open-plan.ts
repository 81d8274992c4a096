import path from "node:path";
import { Failure } from "../base/failure.ts";
import { parseRepositoryLocation } from "../base/repository-location.ts";
import type { StateFolder } from "../base/state-folder.ts";
import { rollbackFile } from "../rollback/file-names.ts";
import { readPlan, type RollbackPlan } from "../rollback/plan-file.ts";
import type { CommandInput, Invocation } from "./invocation.ts";
import { openNamedRepository, openState, type OpenedRepository } from "./open-repository.ts";

/** A plan that was found whole. */
export interface FoundPlan {
  readonly plan: RollbackPlan;
  readonly state: StateFolder;
}

export interface OpenedPlan extends FoundPlan {
  readonly repository: OpenedRepository;
}

/** A plan by its file, or by its name in the state folder, with the repository it was made for. */
export async function openPlan(invocation: Invocation, input: CommandInput): Promise<OpenedPlan> {
  const { plan, state } = await findPlan(invocation, input.words["plan"] ?? "");
  const repository = await openNamedRepository(invocation, input, { name: plan.header.repository });
  refuseOtherPlace(plan, repository);
  return { plan, state, repository };
}

/** As `openPlan`, for a command that asks no store and needs no configuration. */
export async function findPlan(invocation: Invocation, word: string): Promise<FoundPlan> {
  const state = await openState(invocation);
  const named = word.includes("/") ? null : await state.open(rollbackFile("plan", word));
  const file = named ?? (await state.open(path.resolve(word)));
  if (file === null) throw planMissing(word, state);
  return { plan: await readPlan(file), state };
}

/** A plan holds for the bucket it was made from, whatever the configuration names by now. */
function refuseOtherPlace({ header }: RollbackPlan, { name, configuration }: OpenedRepository): void {
  const { endpoint, bucket, prefix } = configuration.location;
  const planned = parseRepositoryLocation(header.location);
  const isSame = planned?.endpoint === endpoint && planned.bucket === bucket && planned.prefix === prefix;
  if (isSame) return;
  throw new Failure({
    kind: "refused",
    action: "use the plan for",
    subject: name,
    problem: `it was made for ${header.location}, and the configuration names ${configuration.location.spelling}`,
    hint: `set location back, or plan again: holdfast rollback plan ${name} --to T`,
  });
}

function planMissing(word: string, state: StateFolder): Failure {
  return new Failure({
    kind: "usage",
    action: "find the plan",
    subject: word,
    problem: `there is no such file, and none of that name in ${state.pathOf("plans")}`,
    hint: "make one: holdfast rollback plan --to T",
  });
}
