/** One line of `npm run bench`; contract.md fixes the fields. */
export interface BenchRow {
  readonly name: string;
  readonly ours: number;
  /** Null where the peer is not on this machine. */
  readonly peer: number | null;
  readonly unit: string;
  readonly ratio: number | null;
  readonly goal: string;
  readonly met: boolean | null;
}

export function printRows(rows: readonly BenchRow[], json: boolean): void {
  for (const row of rows) {
    process.stdout.write(`${json ? JSON.stringify({ type: "bench", ...row }) : asText(row)}\n`);
  }
}

function asText(row: BenchRow): string {
  const peer = row.peer === null ? "peer missing" : `${row.peer.toFixed(1)} ${row.unit}`;
  const ratio = row.ratio === null ? "" : `x ${row.ratio.toFixed(2)}`;
  const met = row.met === null ? "" : row.met ? "met" : "MISSED";
  return [
    row.name.padEnd(34),
    `${row.ours.toFixed(1)} ${row.unit}`.padStart(12),
    peer.padStart(14),
    ratio.padStart(8),
    row.goal.padEnd(26),
    met,
  ].join("  ");
}
