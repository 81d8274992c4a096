const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** A size in restic's units: `5.125 GiB`, `312 B`. */
export function size(bytes: number): string {
  let value = bytes;
  let step = 0;
  // Not 1024: what rounds up to it is told in the next unit.
  while (value >= (step === 0 ? 1024 : 1023.95) && step < units.length - 1) {
    value /= 1024;
    step++;
  }
  return `${step === 0 ? value : value.toFixed(value < 9.995 ? 2 : 1)} ${units[step] ?? "B"}`;
}

/** A count with thousands marks: `10,412`. */
export function count(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** `1 object`, `2 objects`. */
export function counted(value: number, singular: string, plural = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : plural}`;
}

/** Seconds with one digit under a minute, then minutes: `1.9 s`, `2 min 5 s`. */
export function seconds(milliseconds: number): string {
  const tenths = (milliseconds / 1000).toFixed(1);
  if (Number(tenths) < 60) return `${tenths} s`;
  const whole = Math.round(milliseconds / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
