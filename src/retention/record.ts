import { createHash } from "node:crypto";
import type { Instant } from "../base/instant.ts";

/** What is known of one snapshot. */
export interface KnownSnapshot {
  /** When this host first saw it. */
  readonly firstSeen: Instant;
  /** Whether a run that no rail held has seen it. */
  readonly accepted: boolean;
  /** Whose it is, as far as a run that no rail held has noted it. */
  readonly host?: string;
  /** When it was first missed; null while it stands. */
  readonly goneAt: Instant | null;
}

/** What a rail found, until somebody settles it. */
export interface OpenFinding {
  /** The rail and the beginning of the subject's hash: `new-key-3f9c2a71`. */
  readonly id: string;
  readonly rail: string;
  readonly subject: string;
  readonly evidence: string;
  readonly foundAt: Instant;
}

export interface SettledFinding extends OpenFinding {
  readonly settledAt: Instant;
  readonly reason: string;
  /** False where a run was only let through by --release: what is found again holds again. */
  readonly isForGood: boolean;
}

export interface Hold {
  readonly reason: string;
  readonly since: Instant;
}

export interface CheckOnRecord {
  readonly at: Instant;
  readonly errors: number;
  /** As restic took it; null where no data was read. */
  readonly readData: string | null;
}

/** Which part of the data is read next: bucket `next` of `of`, counted from 1. */
export interface ReadCursor {
  readonly next: number;
  readonly of: number;
}

/** What a run was about to forget when it was last heard of. */
export interface ForgetIntent {
  readonly at: Instant;
  readonly ids: readonly string[];
}

/** How often a host backed up, in milliseconds, before rules had thinned out what stands. */
export interface UsualInterval {
  readonly host: string;
  readonly interval: number;
}

/** What a trusted host knows of one repository from its runs before; see record-file.ts for where it is kept. */
export interface RetentionRecord {
  readonly version: 1;
  /** The last run that was not a dry one and got as far as a plan; null before the first. */
  readonly lookedAt: Instant | null;
  /** The last run that no rail held; null before the first. */
  readonly acceptedAt: Instant | null;
  readonly hosts: readonly string[];
  readonly tags: readonly string[];
  /** Names of the objects under keys/. */
  readonly keys: readonly string[];
  readonly snapshots: Readonly<Record<string, KnownSnapshot>>;
  /** As the first run that was let through found it, unless its rail burst held. */
  readonly usual?: readonly UsualInterval[];
  /** How many objects had versions of different bytes; null where no run could tell. */
  readonly overwritten: number | null;
  readonly findings: readonly OpenFinding[];
  readonly settled: readonly SettledFinding[];
  readonly hold: Hold | null;
  /** The last check that came to its end. */
  readonly check: CheckOnRecord | null;
  readonly cursor: ReadCursor | null;
  readonly intent: ForgetIntent | null;
}

export const emptyRecord: RetentionRecord = {
  version: 1,
  lookedAt: null,
  acceptedAt: null,
  hosts: [],
  tags: [],
  keys: [],
  snapshots: {},
  overwritten: null,
  findings: [],
  settled: [],
  hold: null,
  check: null,
  cursor: null,
  intent: null,
};

/** The same for the same subject in every run. */
export function findingId(rail: string, subject: string): string {
  return `${rail}-${createHash("sha256").update(subject).digest("hex").slice(0, 8)}`;
}

/** How long a snapshot that is gone is remembered: a rollback can bring it back as if it were from today. */
const memory = 400 * 86_400_000;

/** The record after a look at what stands: new snapshots are seen, missing ones gone, long gone ones dropped. */
export function withLook(record: RetentionRecord, standing: readonly string[], now: Instant): RetentionRecord {
  const ids = new Set(standing);
  const known = Object.entries(record.snapshots)
    .map(([id, each]): readonly [string, KnownSnapshot] => {
      return [id, { ...each, goneAt: ids.has(id) ? null : (each.goneAt ?? now) }];
    })
    .filter(([, { goneAt }]) => goneAt === null || now - goneAt < memory);
  const fresh = standing
    .filter((id) => record.snapshots[id] === undefined)
    .map((id): readonly [string, KnownSnapshot] => [id, { firstSeen: now, accepted: false, goneAt: null }]);
  return { ...record, lookedAt: now, snapshots: Object.fromEntries([...known, ...fresh]) };
}

export function withHold(record: RetentionRecord, reason: string, now: Instant): RetentionRecord {
  return { ...record, hold: { reason, since: now } };
}

/** Moves a finding from the open ones to the settled ones; null where none of that id is open. */
export function withSettled(
  record: RetentionRecord,
  id: string,
  settlement: { readonly reason: string; readonly settledAt: Instant },
): RetentionRecord | null {
  const finding = record.findings.find((each) => each.id === id);
  if (finding === undefined) return null;
  return {
    ...record,
    findings: record.findings.filter((each) => each !== finding),
    settled: [...record.settled.filter((each) => each.id !== id), { ...finding, ...settlement, isForGood: true }],
  };
}

/** The bucket to read in a run that reads everything in `runs`; begins anew where that number was changed. */
export function cursorFor(record: RetentionRecord, runs: number): ReadCursor {
  return record.cursor?.of === runs && record.cursor.next <= runs ? record.cursor : { next: 1, of: runs };
}

export function afterRead({ next, of }: ReadCursor): ReadCursor {
  return { next: next >= of ? 1 : next + 1, of };
}
