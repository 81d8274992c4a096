import { parseInstant, type Instant } from "../base/instant.ts";

/** A snapshot as `restic snapshots --json` tells it. Everything in it is the client's word. */
export interface Snapshot {
  /** 64 hex digits: also the SHA-256 of its object's bytes and the object's name. */
  readonly id: string;
  readonly time: Instant;
  /** As restic wrote it, with the client's zone: calendar rules count in that zone. */
  readonly timeText: string;
  readonly host: string;
  readonly username: string;
  readonly paths: readonly string[];
  readonly tags: readonly string[];
  /** The id of the snapshot that this one replaces (`tag`, `rewrite`, `copy`), or null. */
  readonly original: string | null;
  /** What restic 0.17 and newer write of the backup; left out where the snapshot has none. */
  readonly summary?: SnapshotSummary;
}

export interface SnapshotSummary {
  readonly files: number;
  readonly bytes: number;
  /** How long the backup ran, in milliseconds; `time` is when it began. */
  readonly duration: number;
}

/** Reads the output of `snapshots --json`; null where it is no list of snapshots. */
export function parseSnapshots(json: string): readonly Snapshot[] | null {
  const list = parsed(json);
  if (!Array.isArray(list)) return list === null && json.trim() === "null" ? [] : null;
  const snapshots = list.map(snapshotOf);
  return snapshots.every((snapshot) => snapshot !== null) ? snapshots : null;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}

function snapshotOf(value: unknown): Snapshot | null {
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Readonly<Record<string, unknown>>;
  const timeText = textOf(fields["time"]);
  const time = parseInstant(timeText);
  const id = textOf(fields["id"]);
  if (time === null || id === "") return null;
  return {
    id,
    time,
    timeText,
    host: textOf(fields["hostname"]),
    username: textOf(fields["username"]),
    paths: textsOf(fields["paths"]),
    tags: textsOf(fields["tags"]),
    original: textOf(fields["original"]) || null,
    ...summaryOf(fields["summary"]),
  };
}

function summaryOf(value: unknown): Pick<Snapshot, "summary"> {
  if (typeof value !== "object" || value === null) return {};
  const fields = value as Readonly<Record<string, unknown>>;
  const { total_files_processed: files = 0, total_bytes_processed: bytes = 0 } = fields;
  if (typeof files !== "number" || typeof bytes !== "number") return {};
  const [begin, end] = [fields["backup_start"], fields["backup_end"]].map((each) => parseInstant(textOf(each)));
  const duration = typeof begin === "number" && typeof end === "number" ? Math.max(0, end - begin) : 0;
  return { summary: { files, bytes, duration } };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
