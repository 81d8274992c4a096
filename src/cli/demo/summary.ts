import path from "node:path";
import type { LocalStore } from "../../adapters/local-store/local-store.ts";
import { count, counted, size } from "../render/figures.ts";
import type { Screen } from "../render/screen.ts";
import { wrap } from "../render/table.ts";
import type { Told } from "./demo-story.ts";
import type { ForgeryReport } from "./forgery.ts";
import { shellLine } from "./own-command.ts";

export interface SummaryContext {
  readonly seconds: number;
  readonly kept: boolean;
  /** Where the files of the user's own folder were too many: `400 of 901 files`. */
  readonly sample: string | null;
  readonly screen: Screen;
}

/** The demo on one screen; see look.md "The end of the demo". */
export function summaryLines(told: Told, context: SummaryContext): readonly string[] {
  const { attacked, applied, verified, checked, comparison } = told;
  const { seconds, kept, sample, screen } = context;
  const isWhole = comparison.differing.length === 0;
  const errors = Number(checked["errors"]);
  const rows: readonly (readonly [string, string])[] = [
    [
      "backed up",
      `${count(told.files)} files, ${size(told.bytes)}, 2 snapshots, with a key that cannot delete${sample === null ? "" : `; copies of ${sample}, changed between the two`}`,
    ],
    ["audited", audited(told)],
    ["forged", forged(told.forgery)],
    [
      "attacked",
      `${count(attacked.deleted)} of ${counted(attacked.objects, "object")} deleted, ${count(attacked.overwritten)} overwritten before, ${count(attacked.planted)} planted`,
    ],
    ...attacked.attempts.map(({ key, attempt, got }): readonly [string, string] => ["", `${key}: ${attempt}: ${got}`]),
    ["restic said", told.resticSaid],
    [
      "rolled back",
      `${count(Number(applied["done"]))} objects in ${counted(Number(applied["requests"]), "request")}, ${count(Number(verified["proven"]))} proven by hash`,
    ],
    ["checked", `restic check --read-data: ${errors === 0 ? "no errors were found" : counted(errors, "error")}`],
    [
      "restored",
      `${count(comparison.files)} files, ${isWhole ? "every byte identical" : `${count(comparison.differing.length)} DIFFER`}`,
    ],
  ];
  const emphasis = { restored: isWhole ? "good" : "bad", "restic said": "bad" } as const;
  return [
    "",
    ...rows.flatMap(([label, text]) => {
      const style = label === "restored" || label === "restic said" ? emphasis[label] : null;
      return wrap(text, Math.max(20, screen.width - 17)).map((line, index) => {
        const styled = style === null ? line : screen.style(style, line);
        return `  ${(index === 0 ? label : "").padEnd(13)}  ${styled}`;
      });
    }),
    "",
    `${told.store.title}, ${told.restic}, ${Math.round(seconds)} s. ${ending(told.store, kept)}`,
  ];
}

function forged({ forged: count, real, forgottenByRestic, heldBy, forgottenByHoldfast }: ForgeryReport): string {
  const restic = `restic forget, on a copy, drops ${forgottenByRestic} of ${real} real ones`;
  const dropped = forgottenByHoldfast === 0 ? "none" : String(forgottenByHoldfast);
  return `${count} dated ahead: ${restic}; prune stops (${heldBy.join(", ")}), let through drops ${dropped}`;
}

interface Surprise {
  readonly attempt: string;
}

/** What the keys can do, and which of a store's holes no policy closes. */
function audited({ audited: { passed, failed, surprises } }: Told): string {
  const trials = `${Number(passed) + Number(failed)} trials`;
  if (failed === 0) return `${trials}: the writer cannot destroy, the pruner can hide only`;
  const holes = new Set((surprises as readonly Surprise[]).map(({ attempt }) => attempt));
  return `${trials}; what no policy closes here: ${[...holes].join(", ")} (docs/minio-guard.md)`;
}

function ending({ isOutside }: LocalStore, kept: boolean): string {
  if (isOutside === true) return kept ? "Its bucket is left at the store." : "Nothing is left at the store.";
  return kept ? "The store is left running." : "Nothing is left running.";
}

export interface KeptDemo {
  readonly bucket: string;
  /** With what this program is started again, see `ownCommand`. */
  readonly command: readonly string[];
}

/** How to look around in a demo that was kept, and how to end it: lines that can be typed as they stand. */
export function keptLines({ store, host, resticFile }: Told, { bucket, command }: KeptDemo): readonly string[] {
  const folder = path.dirname(host.configFile);
  const own = [...command, "--config", host.configFile, "--state-dir", host.stateFolder];
  const restic = ["--restic", resticFile];
  const remove = shellLine(["rm", "-r", folder]);
  return [
    "",
    `The bucket is ${bucket} at ${store.endpoint}; everything else of the demo stands in ${folder}. To look around:`,
    `  ${shellLine([...own, "snapshots", ...restic])}`,
    `  ${shellLine([...own, "exec", ...restic, "--", "ls", "latest"])}`,
    "To end it:",
    ...(store.isOutside === true
      ? [`  ${remove}`, ...removalLines(bucket)]
      : [`  ${shellLine(["pkill", "-KILL", "-f", `[/]${folder.slice(1)}/`])}; ${remove}`]),
  ];
}

/** How to remove a bucket with all its versions: Holdfast has no command that destroys one. */
export function removalLines(bucket: string): readonly string[] {
  return [
    "and the bucket, with all its versions, by the store's own tool, for MinIO or Ceph:",
    `  mc rb --force ALIAS/${bucket}`,
    `  radosgw-admin bucket rm --purge-objects --bucket=${bucket}`,
  ];
}
