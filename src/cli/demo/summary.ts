import { count, counted, size } from "../render/figures.ts";
import type { Screen } from "../render/screen.ts";
import { wrap } from "../render/table.ts";
import type { Told } from "./demo-story.ts";

export interface SummaryContext {
  readonly seconds: number;
  readonly kept: boolean;
  readonly screen: Screen;
}

/** The demo on one screen; see look.md "The end of the demo". */
export function summaryLines(told: Told, { seconds, kept, screen }: SummaryContext): readonly string[] {
  const { attacked, applied, verified, checked, comparison } = told;
  const isWhole = comparison.differing.length === 0;
  const errors = Number(checked["errors"]);
  const rows: readonly (readonly [string, string])[] = [
    ["backed up", `${count(told.files)} files, ${size(told.bytes)}, 2 snapshots, with a key that cannot delete`],
    [
      "attacked",
      `${count(attacked.deleted)} of ${counted(attacked.objects, "object")} deleted, ${count(attacked.overwritten)} overwritten before, ${count(attacked.planted)} forged, with the stolen keys`,
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
    `${told.store.title}, ${told.restic}, ${Math.round(seconds)} s. ${kept ? "The store is left running." : "Nothing is left running."}`,
  ];
}

/** How to look around in a demo that was kept, and how to end it. */
export function keptLines({ store, host }: Told): readonly string[] {
  const folder = host.configFile.replace(/\/[^/]*$/, "");
  return [
    "",
    `The store is at ${store.endpoint}; everything of the demo stands in ${folder}. To look around:`,
    `  holdfast --config ${host.configFile} --state-dir ${host.stateFolder} snapshots`,
    `  holdfast --config ${host.configFile} --state-dir ${host.stateFolder} exec -- ls latest`,
    "To end it:",
    `  pkill -KILL -f "[/]${folder.slice(1)}/"; rm -r ${folder}`,
  ];
}
