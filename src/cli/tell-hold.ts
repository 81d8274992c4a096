import { readFile } from "node:fs/promises";
import path from "node:path";
import { formatInstant } from "../base/instant.ts";
import { parseRecord, recordName } from "../retention/record-file.ts";
import type { Invocation } from "./invocation.ts";
import { stateFolderOf } from "./state-folder-of.ts";

/**
 * Says on stderr that the repository is on hold, where this host has put one on it. Makes no folder, and is silent about
 * a record that cannot be read: the commands that work by it say what is wrong with it.
 */
export async function tellHold(invocation: Invocation, repository: string): Promise<void> {
  const folder = stateFolderOf(invocation);
  if (folder === null) return;
  const text = await readFile(path.join(folder, recordName(repository)), "utf8").catch(() => null);
  const hold = text === null ? null : (parseRecord(text)?.hold ?? null);
  if (hold === null) return;
  invocation.screen.note(`${repository} is on hold since ${formatInstant(hold.since)}: ${hold.reason}`);
}
