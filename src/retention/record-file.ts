import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import { formatInstant, parseInstant, type Instant } from "../base/instant.ts";
import type { HeldLock, StateFolder } from "../base/state-folder.ts";
import { emptyRecord, type RetentionRecord } from "./record.ts";

/** Where the record of a repository stands in the state folder. */
export function recordName(repository: string): string {
  return `retention/${repository}.json`;
}

/** The record, or null before the first run on this host. Fails with `damaged-file`. */
export async function readRecord(state: StateFolder, repository: string): Promise<RetentionRecord | null> {
  const name = recordName(repository);
  const text = await state.read(name);
  if (text === null) return null;
  const record = parseRecord(text);
  if (record !== null) return record;
  throw new Failure({
    kind: "damaged-file",
    action: "read the retention record",
    subject: state.pathOf(name),
    problem: "it is not a record that this version of Holdfast wrote",
    hint: "bring it back from a copy, or move it away: hosts, tags and keys are then taken as known anew, and a hold in it is gone",
  });
}

export interface RecordPlace {
  readonly state: StateFolder;
  readonly repository: string;
  readonly clock: Clock;
}

const lockPatience = 10_000;
const lockPause = 100;

/**
 * Reads the record, changes it and writes it, as one step against every other process: a hold that is put on while a
 * prune runs is not written over by it. Durable on return. Fails with `locked` where another process keeps it for more
 * than 10 seconds, and with `damaged-file`; what `change` throws leaves the record as it was.
 */
export async function updateRecord(
  place: RecordPlace,
  change: (record: RetentionRecord) => RetentionRecord,
): Promise<RetentionRecord> {
  const { state, repository } = place;
  const lock = await recordLock(place);
  try {
    const changed = change((await readRecord(state, repository)) ?? emptyRecord);
    await state.replace(recordName(repository), formatRecord(changed));
    return changed;
  } finally {
    await lock.release();
  }
}

async function recordLock({ state, repository, clock }: RecordPlace): Promise<HeldLock> {
  for (let waited = 0; ; waited += lockPause) {
    const lock = await state.lock(`retention/${repository}.lock`);
    if (lock.kind === "held") return lock;
    if (waited >= lockPatience) throw taken("write the retention record of", repository, lock.pid);
    await clock.sleep(lockPause);
  }
}

/** Takes the lock of a run. Fails with `locked` where another prune of this repository runs on this host. */
export async function lockRun({ state, repository }: RecordPlace): Promise<HeldLock> {
  const lock = await state.lock(`retention/${repository}.run.lock`);
  if (lock.kind === "held") return lock;
  throw taken("prune", repository, lock.pid);
}

function taken(action: string, repository: string, pid: number): Failure {
  return new Failure({
    kind: "locked",
    action,
    subject: repository,
    problem: `process ${pid} of this host is at work on it`,
    hint: "wait until it has ended, or stop it with Ctrl-C, then run the same command again",
  });
}

const instantFields = new Set(["lookedAt", "acceptedAt", "firstSeen", "goneAt", "foundAt", "settledAt", "since", "at"]);

function formatRecord(record: RetentionRecord): string {
  const written = (name: string, value: unknown): unknown =>
    instantFields.has(name) && typeof value === "number" ? formatInstant(value as Instant) : value;
  return `${JSON.stringify(record, written, 1)}\n`;
}

/** Reads the text of a record; null where any part of it is not what Holdfast writes. */
export function parseRecord(text: string): RetentionRecord | null {
  try {
    const read = JSON.parse(text, (name, value: unknown): unknown =>
      instantFields.has(name) && typeof value === "string" ? (parseInstant(value) ?? Number.NaN) : value,
    ) as unknown;
    return isRecord(read) ? read : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === "string";
const isInstant: Test = (value) => Number.isSafeInteger(value);
const isCount: Test = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isPositive: Test = (value) => Number.isFinite(value) && Number(value) > 0;
const isFlag: Test = (value) => typeof value === "boolean";
const orNull =
  (test: Test): Test =>
  (value) =>
    value === null || test(value);
const orAbsent =
  (test: Test): Test =>
  (value) =>
    value === undefined || test(value);
const listOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test);
const mapOf =
  (test: Test): Test =>
  (value) =>
    isMap(value) && Object.values(value).every(test);
const fields =
  (tests: Readonly<Record<string, Test>>): Test =>
  (value) =>
    isMap(value) && Object.entries(tests).every(([name, test]) => test(value[name]));

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const finding = { id: isText, rail: isText, subject: isText, evidence: isText, foundAt: isInstant };

const recordTest = fields({
  version: (value) => value === 1,
  lookedAt: orNull(isInstant),
  acceptedAt: orNull(isInstant),
  hosts: listOf(isText),
  tags: listOf(isText),
  keys: listOf(isText),
  snapshots: mapOf(
    fields({ firstSeen: isInstant, accepted: isFlag, goneAt: orNull(isInstant), host: orAbsent(isText) }),
  ),
  usual: orAbsent(listOf(fields({ host: isText, interval: isPositive }))),
  overwritten: orNull(isCount),
  findings: listOf(fields(finding)),
  settled: listOf(fields({ ...finding, settledAt: isInstant, reason: isText, isForGood: isFlag })),
  hold: orNull(fields({ reason: isText, since: isInstant })),
  check: orNull(fields({ at: isInstant, errors: isCount, readData: orNull(isText) })),
  cursor: orNull(fields({ next: isCount, of: isCount })),
  intent: orNull(fields({ at: isInstant, ids: listOf(isText) })),
});

function isRecord(value: unknown): value is RetentionRecord {
  return recordTest(value);
}
