/** A length of time in milliseconds. */
export type Duration = number & { readonly __duration: unique symbol };

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Reads `90s`, `15m`, `26h`, `35d`, `5w` or a sum such as `1d12h`. Null for anything else, zero included. */
export function parseDuration(text: string): Duration | null {
  if (!/^(?:\d+[smhdw])+$/.test(text)) return null;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g)) {
    total += Number(count) * (units[unit ?? ""] ?? Number.NaN);
  }
  return Number.isSafeInteger(total) && total > 0 ? (total as Duration) : null;
}

/** The two largest units that are not zero: `35d`, `1d 4h`, `12m 5s`, `0s`. */
export function formatDuration(milliseconds: number): string {
  let left = Math.max(0, Math.round(milliseconds / 1000));
  const parts: string[] = [];
  for (const [unit, seconds] of [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ] as const) {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(" ") || "0s";
}
