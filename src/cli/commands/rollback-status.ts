import { formatInstant } from "../../base/instant.ts";
import { listPlans, planStatus, type ListedPlan, type PlanStatus } from "../../rollback/status.ts";
import { exitCodeOf } from "../exit-code.ts";
import type { CommandAction, CommandOutcome, Invocation } from "../invocation.ts";
import { findPlan } from "../open-plan.ts";
import { openState } from "../open-repository.ts";
import { plansLines, statusLines } from "../render/rollback-status.ts";

/** `holdfast rollback status [PLAN]`. Asks no store. Exit 65 where a plan, its evidence or a journal is not whole. */
export const rollbackStatus: CommandAction = async (invocation, input) => {
  const word = input.words["plan"];
  return word === undefined ? await statusOfAll(invocation) : await statusOfOne(invocation, word);
};

async function statusOfOne(invocation: Invocation, word: string): Promise<CommandOutcome> {
  const { plan, state } = await findPlan(invocation, word);
  const status = await planStatus(plan, state);
  for (const line of statusLines(word, status, invocation.screen)) invocation.screen.line(line);
  return { exitCode: codeFor(status.damaged.length), result: { plan: word, ...fieldsOf(status) } };
}

async function statusOfAll(invocation: Invocation): Promise<CommandOutcome> {
  const plans = await listPlans(await openState(invocation));
  for (const line of plansLines(plans, invocation.screen)) invocation.screen.line(line);
  const damaged = plans.filter((plan) => plan.kind === "damaged" || plan.status.damaged.length > 0).length;
  return { exitCode: codeFor(damaged), result: { plans: plans.map(rowOf) } };
}

function codeFor(damaged: number): number {
  return damaged > 0 ? exitCodeOf("damaged-file") : 0;
}

function rowOf(plan: ListedPlan): Readonly<Record<string, unknown>> {
  if (plan.kind === "read") return { plan: plan.name, ...fieldsOf(plan.status) };
  return { plan: plan.name, state: null, damaged: [plan.part] };
}

function fieldsOf({ to, createdAt, endedAt, verified, ...rest }: PlanStatus): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    to: formatInstant(to),
    createdAt: formatInstant(createdAt),
    endedAt: endedAt === null ? null : formatInstant(endedAt),
    verified: verified === null ? null : { ...verified, verifiedAt: formatInstant(verified.verifiedAt) },
  };
}
