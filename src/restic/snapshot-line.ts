/** A line of `restic ls --json`, which first tells the snapshot and then each thing in it. */
export type SnapshotLine =
  | { readonly kind: "snapshot"; readonly id: string }
  | { readonly kind: "node"; readonly type: string; readonly path: string; readonly bytes: number };

/** Reads one line; null where it is neither. */
export function parseSnapshotLine(line: string): SnapshotLine | null {
  const { struct_type: struct, id, type, path, size } = objectOf(line);
  if (struct === "snapshot") return typeof id === "string" ? { kind: "snapshot", id } : null;
  if (typeof type !== "string" || typeof path !== "string") return null;
  return { kind: "node", type, path, bytes: typeof size === "number" ? size : 0 };
}

/** One thing of the snapshot that a restore took up, whether it wrote it or found it as it should be. */
export interface RestoredItem {
  /** As `ls` names it; of any type. */
  readonly path: string;
  readonly bytes: number;
}

/** Reads a line of `restic restore --json --verbose=2`, from 0.17 on; null where it names no item. */
export function parseRestoredItem(line: string): RestoredItem | null {
  const { message_type: message, action, item, size } = objectOf(line);
  if (message !== "verbose_status" || typeof item !== "string" || action === "deleted") return null;
  return { path: item, bytes: typeof size === "number" ? size : 0 };
}

function objectOf(line: string): Readonly<Record<string, unknown>> {
  if (!line.startsWith("{")) return {};
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
