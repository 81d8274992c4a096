import { formatInstant } from "../../base/instant.ts";
import type { DamagedPart, ListedPlan, PlanStatus } from "../../rollback/status.ts";
import { count, counted } from "./figures.ts";
import type { Emphasis, Screen } from "./screen.ts";
import { wrap } from "./table.ts";

type Look = Pick<Screen, "width" | "style">;

const emphasis: Readonly<Record<PlanStatus["state"], Emphasis>> = {
  planned: "strong",
  applying: "warning",
  applied: "strong",
  verified: "good",
  undone: "faint",
};

/** Where one plan stands, and what to type next. */
export function statusLines(word: string, status: PlanStatus, screen: Look): readonly string[] {
  const { state, to, createdAt, done, left, isUndoing, runs, verified, damaged, successor } = status;
  const what = isUndoing ? "an undo of it is under way" : state;
  const times = runs === 0 ? "" : `, applied in ${counted(runs, "run")}`;
  return [
    `${word}   ${screen.style(emphasis[state], what)}`,
    ...indented(`back to ${formatInstant(to)}, planned at ${formatInstant(createdAt)}${times}`, screen.width),
    `  ${count(done)} done, ${count(left)} left`,
    ...(successor === null ? [] : indented(`the bucket had changed: it went on as ${successor}`, screen.width)),
    ...(verified === null ? [] : indented(verifiedText(verified), screen.width)),
    ...damagedLines(damaged, screen),
    `Next:  ${nextAfter(word, status)}`,
  ];
}

/** A row a plan, the newest first. */
export function plansLines(plans: readonly ListedPlan[], screen: Look): readonly string[] {
  if (plans.length === 0) return ["No plan was made here yet.", "Next:  holdfast rollback plan --to T"];
  const widest = Math.max(...plans.map(({ name }) => name.length));
  const rows = plans.flatMap((plan) => {
    const name = `  ${plan.name.padEnd(widest)}`;
    if (plan.kind === "damaged")
      return [
        `${name}  ${screen.style("bad", "damaged")}`,
        ...damagedLines([plan.part], screen),
        ...indented("no command takes it; when you have no further use for it, remove the file", screen.width),
      ];
    const { state, done, left, damaged, successor } = plan.status;
    const shown = screen.style(emphasis[state], state.padEnd(8));
    const wentOn = successor === null ? [] : indented(`  went on as ${successor}`, screen.width);
    return [`${name}  ${shown}  ${count(done)} done, ${count(left)} left`, ...wentOn, ...damagedLines(damaged, screen)];
  });
  return [...rows, `Next:  holdfast rollback status ${plans[0]?.name ?? "PLAN"}`];
}

function verifiedText({ verifiedAt, matching, differing, proven }: NonNullable<PlanStatus["verified"]>): string {
  const figures = `${count(matching)} as at T, ${count(differing)} different, ${count(proven)} proven by hash`;
  return `verified at ${formatInstant(verifiedAt)}: ${figures}`;
}

function damagedLines(parts: readonly DamagedPart[], screen: Look): readonly string[] {
  return parts.flatMap(({ path, problem }) =>
    indented(`damaged  ${path}: ${problem}`, screen.width).map((line) => screen.style("bad", line)),
  );
}

function indented(text: string, width: number): readonly string[] {
  return wrap(text, width - 2).map((line) => `  ${line}`);
}

function nextAfter(word: string, { state, isUndoing, repository, damaged, to, successor, accept }: PlanStatus): string {
  if (damaged.length > 0) return `holdfast rollback plan ${repository} --to ${formatInstant(to)}`;
  if (isUndoing) return `holdfast rollback undo ${word}`;
  if (successor !== null) return `holdfast rollback status ${successor}`;
  const words = accept.map((each) => ` --accept ${each}`).join("");
  if (state === "planned" || state === "applying") return `holdfast rollback apply ${word}${words}`;
  if (state === "applied") return `holdfast rollback verify ${word}`;
  if (state === "verified") return `holdfast check ${repository} --read-data-subset 100%`;
  return `holdfast rollback plan ${repository} --to T`;
}
