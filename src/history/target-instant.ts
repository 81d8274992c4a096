import { parseDuration } from "../base/duration.ts";
import { Failure } from "../base/failure.ts";
import { addMilliseconds, endOfSecond, formatInstant, parseInstant } from "../base/instant.ts";
import type { Instant } from "../base/instant.ts";
import { repositoryObject } from "../restic/layout.ts";
import type { KeyHistory } from "./key-history.ts";
import { dateOf, newestFirst } from "./state-at.ts";
import type { RepositoryReading } from "./repository-state.ts";

/** The step of the store's dates; where it is not known, `millisecond` is right for either. */
export type DateResolution = "second" | "millisecond";

/** What the user typed for T, taken apart. */
export type TargetWord =
  | { readonly kind: "instant"; readonly at: Instant }
  | { readonly kind: "ago"; readonly milliseconds: number }
  /** `id` may be the beginning of a snapshot's id. */
  | { readonly kind: "snapshot"; readonly id: string };

/**
 * Reads T: RFC 3339 with a zone, `snapshot:ID`, or a duration such as `90m-ago`. A `usage` failure for anything else
 * that says what is missing. A T in whole seconds means up to the end of that second where the store's dates are finer.
 */
export function parseTarget(text: string, resolution: DateResolution): TargetWord {
  const snapshot = /^snapshot:([0-9a-f]{1,64})$/.exec(text)?.[1];
  if (snapshot !== undefined) return { kind: "snapshot", id: snapshot };
  const duration = text.endsWith("-ago") ? parseDuration(text.slice(0, -"-ago".length)) : null;
  if (duration !== null) return { kind: "ago", milliseconds: duration };
  const at = parseInstant(text);
  if (at === null) throw notATarget(text);
  const isWholeSecond = !text.includes(".");
  return { kind: "instant", at: isWholeSecond && resolution === "millisecond" ? endOfSecond(at) : at };
}

/** What T is counted from: the store's clock, and the histories under `snapshots/`, read only where they are needed. */
interface TargetContext extends RepositoryReading {
  readonly storeNow: Instant;
  readonly snapshotHistories: () => AsyncIterable<KeyHistory>;
}

/**
 * The instant that `word` stands for. `snapshot:ID` is when the oldest version of that snapshot's object was stored, by
 * the store's word; only objects named as restic names snapshots are looked at. A `usage` failure where no snapshot, or
 * more than one, begins with the id, and where T lies in the store's future.
 */
export async function resolveTarget(word: TargetWord, context: TargetContext): Promise<Instant> {
  switch (word.kind) {
    case "instant":
      return notInTheFuture(word.at, context.storeNow);
    case "ago":
      return addMilliseconds(context.storeNow, -word.milliseconds);
    case "snapshot":
      return await storedAt(word.id, context);
  }
}

function notInTheFuture(at: Instant, storeNow: Instant): Instant {
  if (at <= endOfSecond(storeNow)) return at;
  throw usage(formatInstant(at), `it lies in the future; the store's clock says ${formatInstant(storeNow)}`);
}

async function storedAt(id: string, context: TargetContext): Promise<Instant> {
  const found = new Map<string, Instant>();
  const start = `${context.prefix}snapshots/${id}`;
  for await (const { key, rows } of context.snapshotHistories()) {
    if (repositoryObject(key.slice(context.prefix.length)).kind !== "snapshots") continue;
    const first = newestFirst(rows, context.order, context.idTime).findLast((row) => row.kind === "version");
    if (key.startsWith(start) && first !== undefined) found.set(key, dateOf(first, context.idTime ?? "none"));
  }
  const [only] = found.values();
  if (only !== undefined && found.size === 1) return only;
  if (found.size > 1) throw usage(`snapshot:${id}`, `${found.size} snapshots begin with it; give more of the id`);
  throw usage(`snapshot:${id}`, "no such snapshot was ever stored here");
}

function notATarget(text: string): Failure {
  const isLocal = parseInstant(`${text}Z`) !== null;
  if (isLocal) return usage(text, `it has no zone; write ${text}Z for UTC, or ${text}+01:00`);
  return usage(text, "it is no instant");
}

function usage(subject: string, problem: string): Failure {
  return new Failure({
    kind: "usage",
    action: "go back to",
    subject,
    problem,
    hint: "T is RFC 3339 with a zone (2026-11-20T03:00:00Z), snapshot:ID, or 90m-ago, 26h-ago, 3d-ago.",
  });
}
