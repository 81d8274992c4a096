import { readFileSync } from "node:fs";
import path from "node:path";
import type { ResticAnswer } from "../doubles/scripted-restic.ts";

/**
 * What real restics printed for `check --json` on a local repository of two snapshots that was damaged by hand: a part
 * for each damage, which begins with `# its name`. Lines that show progress are left out, paths are shortened.
 */
export function checkOutput(release: string, damage: string): ResticAnswer {
  const file = path.join(import.meta.dirname, "check-outputs", `${release}.txt`);
  const parts = readFileSync(file, "utf8").split(/^# /m);
  const part = parts.find((each) => each.startsWith(`${damage}\n`));
  if (part === undefined) throw new RangeError(`${file} has no ${damage}`);
  const lines = part.split("\n");
  const of = (start: string) => lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
  return { exitCode: Number(of("exit ")[0]), stdout: of("out "), stderr: of("err ") };
}
