import { lstat } from "node:fs/promises";

const atOnce = 64;

/** When each file last changed in any way (ctime, milliseconds), links themselves; those that are not there are left out. */
export async function changeTimes(files: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for (let first = 0; first < files.length; first += atOnce) {
    const some = files.slice(first, first + atOnce);
    await Promise.all(
      some.map(async (file) => {
        const stats = await lstat(file).catch(() => null);
        if (stats !== null) times.set(file, stats.ctimeMs);
      }),
    );
  }
  return times;
}
