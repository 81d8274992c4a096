import { formatDuration } from "../../base/duration.ts";
import { formatInstant, type Instant } from "../../base/instant.ts";
import type { Look } from "../../retention/look.ts";
import type { HeldRail, RetentionPlan, RetentionSettings, UnjudgedRail } from "../../retention/plan.ts";
import type { Interrupted } from "../../retention/record-run.ts";
import type { PruneResult } from "../../retention/run.ts";
import { counted, size } from "./figures.ts";
import type { Screen } from "./screen.ts";
import { definition, table, wrap } from "./table.ts";

type Shape = Pick<Screen, "width" | "style">;

export interface ShownPlan {
  readonly plan: RetentionPlan;
  readonly look: Look;
  readonly interrupted: Interrupted | null;
  readonly settings: RetentionSettings;
}

/** The rules, every snapshot with both its times and why it stays or goes, and what could not be judged. */
export function planLines(shown: ShownPlan, screen: Shape): readonly string[] {
  const { plan, look, interrupted, settings } = shown;
  return [
    ...wrap(`Retention for ${settings.repository}: ${rulesText(settings)}`, screen.width),
    ...(interrupted === null ? [] : interruptedLines(interrupted, screen)),
    ...(plan.isFirstRun ? firstRunLines(look, screen) : []),
    "",
    ...snapshotLines(plan, screen),
    ...unjudgedLines(plan.unjudged, screen),
  ];
}

function rulesText({ rules, timeZone, limits }: RetentionSettings): string {
  const kept = Object.entries(rules)
    .filter(([name, value]: readonly [string, unknown]) => name.startsWith("keep-") && value !== undefined)
    .map(([name, value]: readonly [string, unknown]) => `${name} ${String(value)}`);
  const apart = formatDuration(limits.tolerance);
  return `${kept.join(", ")}; by the store's dates and the clients', which agree within ${apart}, in ${timeZone}`;
}

function interruptedLines({ at, forgotten, standing }: Interrupted, screen: Shape): readonly string[] {
  const stand = standing.length === 0 ? "" : `; ${counted(standing.length, "snapshot")} stand and are decided on anew`;
  const all = counted(forgotten.length + standing.length, "snapshot");
  const text = `The run of ${formatInstant(at)} did not come to its end: ${forgotten.length} of ${all} were forgotten${stand}.`;
  return wrap(text, screen.width).map((line) => screen.style("warning", line));
}

function firstRunLines({ snapshots, keys }: Look, screen: Shape): readonly string[] {
  const hosts = new Set(snapshots.map(({ host }) => host)).size;
  const tags = new Set(snapshots.flatMap((each) => each.tags)).size;
  const known = `${counted(hosts, "host")}, ${counted(tags, "tag")} and ${counted(keys.length, "key")} taken as known`;
  return wrap(`First run on this host: ${known}. Look whether that is all yours.`, screen.width);
}

const columns = [
  { title: "snapshot" },
  { title: "host", shrinks: true },
  { title: "stored" },
  { title: "client says" },
  { title: "verdict" },
];
/** Less room beside a row than this, and the reasons stand below it. */
const leastRoom = 14;

function snapshotLines({ decisions, held }: RetentionPlan, screen: Shape): readonly string[] {
  if (decisions.length === 0) return [];
  const odd = new Map(held.flatMap(({ findings }) => findings.map(({ subject, evidence }) => [subject, evidence])));
  const rows = decisions.map(({ snapshot, keep }) => [
    snapshot.id.slice(0, 8),
    snapshot.host,
    inMinutes(snapshot.storedAt),
    inMinutes(snapshot.time),
    odd.has(snapshot.id) ? "?" : keep ? "keep" : "forget",
  ]);
  const [title = "", ...lines] = table(columns, rows, screen.width);
  if (lines.length !== rows.length) return [title, ...lines];
  const space = { widest: Math.max(title.length, ...lines.map(({ length }) => length)), width: screen.width };
  return [
    title,
    ...lines.flatMap((line, index) => {
      const decision = decisions[index];
      const oddity = odd.get(decision?.snapshot.id ?? "");
      const why = oddity ?? (decision?.keep === true ? decision.reasons.map(inShort).join(", ") : "");
      const whole = besides(line, why, space);
      return oddity === undefined ? whole : whole.map((each) => screen.style("warning", each));
    }),
  ];
}

/** `last snapshot (store)` as `last (store)`: a table has little room. */
function inShort(reason: string): string {
  return reason.replace(/ snapshot\b/, "");
}

interface Space {
  readonly widest: number;
  readonly width: number;
}

function besides(line: string, text: string, { widest, width }: Space): readonly string[] {
  if (text === "") return [line];
  const room = width - widest - 2;
  if (room < leastRoom) return [line, ...wrap(text, width - 10).map((part) => `${" ".repeat(10)}${part}`)];
  return wrap(text, room).map((part, index) => `${(index === 0 ? line : "").padEnd(widest)}  ${part}`);
}

/** Its second tells nobody anything here; `--json` has the whole. */
function inMinutes(instant: Instant): string {
  return `${formatInstant(instant).slice(0, "2026-11-20T03:00".length)}Z`;
}

function unjudgedLines(unjudged: readonly UnjudgedRail[], screen: Shape): readonly string[] {
  const reasons = Map.groupBy(unjudged, ({ why }) => why);
  const texts = [...reasons].map(([why, rails]) => `${rails.map(({ rail }) => rail).join(", ")} (${why})`);
  return texts.length === 0 ? [] : ["", ...wrap(`Not judged: ${texts.join("; ")}`, screen.width, "  ")];
}

export interface EndOf {
  readonly name: string;
  readonly dryRun: boolean;
}

/** What a run did, or which rails held it and what releases each; and what to type next. */
export function pruneEndLines(done: PruneResult, { name, dryRun }: EndOf, screen: Shape): readonly string[] {
  if (done.held.length > 0) return ["", ...heldLines(done.held, name, screen)];
  const forgotten = counted(done.forgotten.length, "snapshot");
  const kept = counted(done.kept.length, "snapshot");
  if (dryRun) {
    const freed = done.bytesToFree === null ? "" : `, about ${size(done.bytesToFree)} to free`;
    return [
      "",
      `${name}: ${forgotten} would be forgotten, ${kept} kept${freed}; nothing was written`,
      `Next:  holdfast prune ${name}`,
    ];
  }
  const packs = counted(done.packsRemoved, "pack");
  return ["", `${name}: ${forgotten} forgotten, ${kept} kept, ${packs} removed`, ...checkLines(done, name, screen)];
}

function checkLines({ checked }: PruneResult, name: string, screen: Shape): readonly string[] {
  if (checked === null) return [];
  const part = `part ${(checked.readData ?? "").replace("/", " of ")} of the data read`;
  if (checked.errors === 0) {
    return [screen.style("good", `checked, ${part}: no errors were found`), `Next:  holdfast snapshots ${name}`];
  }
  return [
    screen.style("bad", `checked, ${part}: ${counted(checked.errors, "error")}`),
    `Next:  holdfast check ${name} --read-data-subset ${checked.readData ?? "100%"}`,
  ];
}

function heldLines(held: readonly HeldRail[], name: string, screen: Shape): readonly string[] {
  const space = { widest: Math.max(...held.map(({ rail }) => rail.length)), width: screen.width };
  const rails = held.flatMap(({ rail, reason, figure, release }) => [
    ...definition(rail, figure, space),
    ...definition("", `${reason}; ${release === null ? "nothing releases this" : `release: ${release}`}`, space),
  ]);
  const [first] = held.flatMap(({ rail, findings }) => (rail === "hold" || rail === "empty-list" ? [] : findings));
  const settle = `holdfast release ${name} --finding ${first?.id ?? ""} --reason TEXT`;
  return [
    screen.style("bad", `Held by ${counted(held.length, "rail")}, nothing was forgotten:`),
    ...rails,
    ...(first === undefined ? [] : wrap(`To settle one thing for good: ${settle}`, screen.width, "    ")),
    `Next:  holdfast snapshots ${name}`,
  ];
}
