import { count } from "./figures.ts";
import { hang, type FigureRow } from "./figure-row.ts";
import { shortHashes } from "./short-hashes.ts";

/** On a screen; `--json` and the plan name them all. */
export const namedAtMost = 20;

export function keyLines(
  label: string,
  keys: readonly { readonly key: string; readonly said: string }[],
  width: number,
): readonly string[] {
  const lead = `  ${label}  `;
  return keys.slice(0, namedAtMost).flatMap(({ key, said }) => hang(lead, `${shortHashes(key)}  ${said}`, width));
}

export function andMore(total: number, where: string): readonly string[] {
  return total > namedAtMost ? [`  and ${count(total - namedAtMost)} more, ${where}`] : [];
}

/** Without the rows whose figure is 0. */
export function ofSome(rows: readonly FigureRow[]): readonly FigureRow[] {
  return rows.filter(([, figure]) => figure > 0);
}
