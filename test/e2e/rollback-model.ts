import { readFileSync } from "node:fs";
import type { HistoryRow, ObjectVersion } from "../../src/store/object-version.ts";
import { shownBy, type Attacked } from "./attacked-bucket.ts";

/** A step as its line in the plan's file says it. */
export interface PlannedStep {
  readonly n: number;
  readonly key: string;
  readonly action: "liftMarker" | "copyVersion" | "hide";
  readonly from: PlannedRow;
  readonly to: PlannedRow | null;
  readonly markers: readonly string[];
  readonly nullBelow?: PlannedRow;
}

interface PlannedRow {
  readonly versionId: string;
  readonly kind: HistoryRow["kind"];
  readonly etag: string | null;
}

/** The steps of a plan by their key. */
export function plannedSteps(file: string): ReadonlyMap<string, PlannedStep> {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const steps = lines
    .map((line) => JSON.parse(line) as PlannedStep & { readonly type: string })
    .filter(({ type }) => type === "step");
  return new Map(steps.map((step) => [step.key, step]));
}

/** What a plan may leave behind that was carried out with breaks. */
export interface Outcome {
  readonly attacked: Attacked;
  readonly steps: ReadonlyMap<string, PlannedStep>;
  /** The whole version listing afterwards. */
  readonly after: readonly HistoryRow[];
  /** How often a run was broken off, and how many requests it may have had in flight then. */
  readonly breaks: number;
  readonly inFlight: number;
}

/**
 * Compares the whole version listing with what the plan allows; each sentence is something that should not be. What is
 * shown must be what was shown at T; no data version may be missing or another; a new version must be a copy that the plan
 * names, and such a copy twice only as often as requests were in flight at a break; a marker may be gone only where the
 * plan lifts it, and be new only where the plan hides, at most once more for each break.
 */
export function wrongs(outcome: Outcome): readonly string[] {
  return [...wronglyShown(outcome), ...wronglyGone(outcome), ...wronglyNew(outcome), ...wrongMarkers(outcome)];
}

function wronglyShown({ attacked, after }: Outcome): readonly string[] {
  const shown = shownBy(after);
  const lost = [...attacked.goal.values()].flatMap((goal) => {
    const now = shown.get(goal.key);
    if (now === undefined) return [`${goal.key} shows nothing`];
    return now.etag === goal.etag && now.size === goal.size ? [] : [`${goal.key} shows other bytes`];
  });
  const extra = [...shown.keys()].filter((key) => !attacked.goal.has(key)).map((key) => `${key} is still shown`);
  return [...lost, ...extra];
}

function wronglyGone({ attacked, after }: Outcome): readonly string[] {
  const there = new Set(after.map(identity));
  return versionsOf(attacked.before)
    .filter((row) => !there.has(identity(row)))
    .map(({ key, versionId }) => `version ${versionId} of ${key} is gone or another`);
}

function wronglyNew({ attacked, steps, after, breaks, inFlight }: Outcome): readonly string[] {
  const known = new Set(attacked.before.map(identity));
  const found: string[] = [];
  const made = new Set<string>();
  let repeated = 0;
  for (const row of versionsOf(after)) {
    if (known.has(identity(row))) continue;
    const step = steps.get(row.key);
    const isCopy = step?.action === "copyVersion" && step.to?.etag === row.etag;
    const isKept = step !== undefined && exposedEtag(step) === row.etag;
    if (!isCopy && !isKept) found.push(`version ${row.versionId} of ${row.key} is no copy that the plan names`);
    const copy = `${row.key} ${row.etag}`;
    if (made.has(copy)) repeated += 1;
    made.add(copy);
  }
  const most = breaks * inFlight;
  return repeated > most ? [...found, `${repeated} copies were made again, of at most ${most} in flight`] : found;
}

function wrongMarkers({ attacked, steps, after, breaks }: Outcome): readonly string[] {
  const there = new Set(after.map(identity));
  const known = new Set(attacked.before.map(identity));
  const lifted = attacked.before
    .filter((row) => row.kind === "marker" && !there.has(identity(row)))
    .filter(({ key, versionId }) => steps.get(key)?.markers.includes(versionId) !== true)
    .map(({ key, versionId }) => `marker ${versionId} of ${key} is gone, and the plan does not lift it`);
  const fresh = after.filter((row) => row.kind === "marker" && !known.has(identity(row)));
  const unplanned = fresh
    .filter(({ key }) => steps.get(key)?.action !== "hide")
    .map(({ key, versionId }) => `marker ${versionId} of ${key} is new, and the plan does not hide it`);
  const stacked = [...Map.groupBy(fresh, ({ key }) => key)]
    .filter(([, markers]) => markers.length > 1 + breaks)
    .map(([key, markers]) => `${key} has ${markers.length} new markers after ${breaks} breaks`);
  return [...lifted, ...unplanned, ...stacked];
}

/** Of a version with the id `null` the plan keeps the bytes under an id of their own before it writes above it. */
function exposedEtag({ from, nullBelow }: PlannedStep): string | null {
  return from.kind === "version" && from.versionId === "null" ? from.etag : (nullBelow?.etag ?? null);
}

function versionsOf(rows: readonly HistoryRow[]): readonly ObjectVersion[] {
  return rows.filter((row) => row.kind === "version");
}

function identity(row: HistoryRow): string {
  const content = row.kind === "version" ? `${row.etag} ${row.size}` : "";
  return `${row.key} ${row.kind} ${row.versionId} ${row.lastModified} ${content}`;
}
