import { open } from "node:fs/promises";
import type { LineFile } from "../../base/state-folder.ts";
import { BufferedLineFile, unwritable } from "./state-folder.ts";

/** A new file for lines anywhere, private (0600). Fails with `state-unwritable`, also where it exists already. */
export async function openLineFile(file: string): Promise<LineFile> {
  try {
    return new BufferedLineFile(file, await open(file, "wx", 0o600));
  } catch (error) {
    throw unwritable(file, error);
  }
}
