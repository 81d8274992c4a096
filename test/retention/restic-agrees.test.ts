import { execFile, type ExecFileOptions } from "node:child_process";
import { createCipheriv, createHash, randomBytes, scryptSync } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { SeededRandom } from "../e2e/seeded-random.ts";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { instantFromMilliseconds } from "../../src/base/instant.ts";
import { decide, groupsOf, type Decision, type RetentionRules } from "../../src/retention/rules.ts";
import { parseSnapshots, type Snapshot } from "../../src/restic/snapshot.ts";
import { compareVersions, parseResticVersion, type ResticVersion } from "../../src/restic/version.ts";

const execute = promisify(execFile);

/** The whole of what it prints, however much. */
async function run(
  program: string,
  words: readonly string[],
  options: ExecFileOptions = {},
): Promise<{ readonly stdout: string }> {
  const { stdout } = await execute(program, words, { ...options, encoding: "utf8", maxBuffer: 2 ** 28 });
  return { stdout };
}

interface Restic {
  readonly program: string;
  readonly version: ResticVersion;
}

/** The oldest and the newest at hand: what lies between decides like one of them. */
const restics = await oldestAndNewest(inject("restics"));

async function oldestAndNewest(programs: readonly string[]): Promise<readonly Restic[]> {
  const known = await Promise.all(
    programs.map(async (program) => ({
      program,
      version: parseResticVersion((await run(program, ["version"])).stdout),
    })),
  );
  const sorted = known
    .flatMap(({ program, version }) => (version === null ? [] : [{ program, version }]))
    .toSorted((a, b) => compareVersions(a.version, b.version));
  return sorted.filter((_, index) => index === 0 || index === sorted.length - 1);
}

/** Each is tried under one of the groupings, in turn, where it does not name its own. */
const policies: readonly Partial<RetentionRules>[] = [
  ...[1, 5, 500].map((count) => ({ "keep-last": count })),
  ...[1, 3, 12, 500].map((count) => ({ "keep-hourly": count })),
  ...[1, 7, 500].map((count) => ({ "keep-daily": count })),
  ...[2, 5, 500].map((count) => ({ "keep-weekly": count })),
  ...[1, 12, 500].map((count) => ({ "keep-monthly": count })),
  ...[1, 2, 500].map((count) => ({ "keep-yearly": count })),
  ...["12h", "7d", "1m", "1y1m1d1h", "2d1m", "0d1h"].map((length) => ({ "keep-within": length })),
  ...["1m", "20d5h"].map((length) => ({ "keep-within-hourly": length })),
  ...["1m", "2y"].map((length) => ({ "keep-within-daily": length })),
  ...["3m", "10y"].map((length) => ({ "keep-within-weekly": length })),
  ...["1y", "10y"].map((length) => ({ "keep-within-monthly": length })),
  ...["2y", "10y"].map((length) => ({ "keep-within-yearly": length })),
  { "keep-tag": ["daily"] },
  { "keep-tag": ["daily"], "group-by": "tags" },
  { "keep-tag": ["daily,pinned", ""], "keep-last": 1 },
  { "keep-last": 2, "keep-daily": 7, "keep-weekly": 5, "keep-monthly": 12, "keep-yearly": 3 },
  { "keep-daily": 3, "keep-within": "3d", "keep-within-weekly": "6m", "keep-tag": ["pinned"] },
  { "keep-within-hourly": "1d", "keep-within-daily": "7d", "keep-within-monthly": "1y", "keep-within-yearly": "9y" },
];
const groupings = ["host,paths", "", "host", "tags", "host,paths,tags", "paths"];
const cases = policies.map((policy, index): RetentionRules => {
  return { "group-by": groupings[index % groupings.length] ?? "", ...policy };
});

/**
 * Local times, at the edges of hours, days, ISO weeks, months and years. March 2, 2024 has one exactly a month, as restic
 * counts it, before the newest that is not ahead of the clock; the last two are.
 */
const times = [
  ...["2021-01-03 23:59:59", "2021-01-04 00:00:00", "2021-12-31 23:30:00", "2022-01-01 00:00:00"],
  ...["2022-01-02 12:00:00", "2022-01-03 00:00:01", "2022-06-30 23:59:59", "2022-07-01 00:00:00"],
  ...["2022-12-31 22:00:00", "2023-01-01 05:00:00", "2023-01-02 05:00:00", "2023-02-27 03:00:00"],
  ...["2023-02-28 03:00:00", "2023-03-01 03:00:00", "2023-03-26 02:30:00", "2023-05-14 03:00:00"],
  ...["2023-09-03 03:00:00", "2023-10-29 02:30:00", "2023-12-25 00:00:00", "2023-12-31 12:00:00"],
  ...["2024-01-01 12:00:00", "2024-02-28 10:00:00", "2024-02-29 10:00:00", "2024-03-01 10:00:00"],
  ...["2024-03-02 09:30:00", "2024-03-02 11:00:00", "2024-03-03 09:00:00", "2024-03-20 08:00:00"],
  ...["2024-03-24 08:00:00", "2024-03-25 08:00:00", "2024-03-28 08:00:00", "2024-03-29 08:00:00"],
  ...["2024-03-29 08:59:59", "2024-03-29 23:50:00", "2024-03-30 00:10:00", "2024-03-30 12:00:00"],
  ...["2024-03-30 12:00:01", "2024-03-30 18:00:00", "2024-03-31 00:30:00", "2024-03-31 10:00:00"],
  ...["2199-01-01 00:00:00", "2199-01-01 00:00:07"],
];
const zones = { utc: 0, kolkata: 5.5, anchorage: -9, kiritimati: 14 } as const;
const password = "tried";
const tags = [[], ["daily"], ["daily", "pinned"], ["pinned", "daily"], ["weekly"]];

interface Repository {
  readonly folder: string;
  readonly snapshots: readonly Snapshot[];
}

let repository: Repository;

async function restic(program: string, folder: string, words: readonly string[], zone = "utc"): Promise<string> {
  const environment = {
    PATH: process.env["PATH"],
    HOME: folder,
    TZ: path.join(folder, "zones", zone),
    RESTIC_PASSWORD: password,
    RESTIC_REPOSITORY: path.join(folder, "repository"),
  };
  const { stdout } = await run(program, ["--no-cache", ...words], { cwd: folder, env: environment });
  return stdout;
}

/** A zone without rules, in the form of tzfile(5): machines need not have the names of zones installed. */
function zoneFile(hours: number): Buffer {
  const [typeCount, nameLength] = [1, 4];
  const file = Buffer.alloc(44 + 6 + nameLength);
  file.write("TZif");
  file.writeInt32BE(typeCount, 36);
  file.writeInt32BE(nameLength, 40);
  file.writeInt32BE(hours * 3600, 44);
  file.write("OUR", 50);
  return file;
}

async function backUp(folder: string, program: string, index: number): Promise<void> {
  const host = index % 3 === 0 ? "desk" : "nas";
  const zone = Object.keys(zones)[index % 4];
  const files = index % 7 === 3 ? ["one", "two"] : index % 7 === 5 ? ["two", "one"] : ["one"];
  const tagged = (tags[index % tags.length] ?? []).flatMap((tag) => ["--tag", tag]);
  const words = ["--time", times[index] ?? "", "--host", host, ...tagged, ...files];
  await restic(program, folder, ["backup", "--quiet", "--force", ...words], zone);
}

async function makeRepository(program: string): Promise<Repository> {
  const folder = await mkdtemp(path.join(tmpdir(), "holdfast-retention-"));
  await mkdir(path.join(folder, "zones"));
  for (const [name, hours] of Object.entries(zones)) await writeFile(path.join(folder, "zones", name), zoneFile(hours));
  for (const name of ["one", "two"]) await writeFile(path.join(folder, name), name);
  await restic(program, folder, ["init", "--quiet"]);
  await makeKeyCheap(program, folder);
  const waiting = times.keys();
  const worker = async (): Promise<void> => {
    for (const index of waiting) await backUp(folder, program, index);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  const snapshots = parseSnapshots(await restic(program, folder, ["snapshots", "--json"]));
  return { folder, snapshots: snapshots ?? [] };
}

/**
 * Replaces the repository's key file by one that opens at once: restic's own takes half a second of CPU for each of the
 * hundred runs here. The form is that of doc/design.rst, "Keys, Encryption and MAC".
 */
async function makeKeyCheap(program: string, folder: string): Promise<void> {
  const keys = path.join(folder, "repository/keys");
  const master = await restic(program, folder, ["cat", "masterkey"]);
  const [cost, salt, nonce] = [{ N: 2, r: 1, p: 1 }, randomBytes(64), randomBytes(16)];
  const derived = scryptSync(password, salt, 64, cost);
  const sealed = createCipheriv("aes-256-ctr", derived.subarray(0, 32), nonce).update(master);
  const pad = createCipheriv("aes-128-ecb", derived.subarray(32, 48), null).update(nonce);
  const data = Buffer.concat([nonce, sealed, poly1305(sealed, derived.subarray(48), pad)]).toString("base64");
  const key = JSON.stringify({ created: new Date(0), kdf: "scrypt", ...cost, salt: salt.toString("base64"), data });
  for (const name of await readdir(keys)) await rm(path.join(keys, name));
  await writeFile(path.join(keys, createHash("sha256").update(key).digest("hex")), key);
}

/** RFC 8439, section 2.5. */
function poly1305(message: Buffer, multiplier: Buffer, pad: Buffer): Buffer {
  const littleEndian = (bytes: Buffer): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
  const r = littleEndian(multiplier) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let start = 0; start < message.length; start += 16) {
    const block = Buffer.concat([message.subarray(start, start + 16), Buffer.of(1)]);
    sum = ((sum + littleEndian(block)) * r) % ((1n << 130n) - 5n);
  }
  const tag = BigInt.asUintN(128, sum + littleEndian(pad));
  return Buffer.from(tag.toString(16).padStart(32, "0"), "hex").reverse();
}

/** The part of `forget --json` that every version has: `reasons` stand in the order of `keep`, and have no ids before 0.17. */
interface ForgetGroup {
  readonly keep: readonly { readonly id: string }[] | null;
  readonly remove: readonly { readonly id: string }[] | null;
  readonly reasons: readonly { readonly matches: readonly string[] }[] | null;
}

function flags(rules: RetentionRules): readonly string[] {
  return Object.entries(rules).flatMap(([name, value]: [string, unknown]) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return values.map((each) => `--${name}=${String(each)}`);
  });
}

/** Null where restic refuses because a group would lose its last snapshot, which it does since 0.17. */
async function forget(folder: string, program: string, rules: RetentionRules): Promise<readonly ForgetGroup[] | null> {
  try {
    const words = ["forget", "--dry-run", "--no-lock", "--json", ...flags(rules)];
    return JSON.parse(await restic(program, folder, words)) as readonly ForgetGroup[];
  } catch (error) {
    if (String(error).includes("refusing to delete last snapshot")) return null;
    throw error;
  }
}

/** Before 0.16 restic did not keep the oldest for a count that is left over. */
function keepsOldest({ major, minor }: ResticVersion): boolean {
  return major > 0 || minor >= 16;
}

function keptByDecision(decisions: readonly Decision[], withOldest: boolean): Readonly<Record<string, unknown>> {
  const kept = decisions
    .filter(({ keep }) => keep)
    .map(({ snapshot, reasons }) => {
      return [snapshot.id, reasons.filter((reason) => withOldest || !reason.startsWith("oldest "))] as const;
    });
  return Object.fromEntries(kept.filter(([, reasons]) => reasons.length > 0));
}

function keptByRestic(groups: readonly ForgetGroup[]): Readonly<Record<string, unknown>> {
  const kept = groups.flatMap(({ keep, reasons }) =>
    (keep ?? []).map(({ id }, index) => [id, reasons?.[index]?.matches]),
  );
  return Object.fromEntries(kept) as Readonly<Record<string, unknown>>;
}

function partition(groups: readonly (readonly { readonly id: string }[])[]): readonly string[] {
  return groups
    .map((group) =>
      group
        .map(({ id }) => id.slice(0, 8))
        .toSorted()
        .join(" "),
    )
    .toSorted();
}

/**
 * Puts snapshots into the repository as restic would, but for the backup: encrypted JSON under the hash of its bytes
 * (doc/design.rst, "Snapshots"; uncompressed JSON is read in both formats).
 */
async function plantSnapshots(program: string, folder: string, snapshots: readonly PlantedSnapshot[]): Promise<void> {
  const master = JSON.parse(await restic(program, folder, ["cat", "masterkey"])) as MasterKey;
  const bytesOf = (text: string): Buffer => Buffer.from(text, "base64");
  for (const snapshot of snapshots) {
    const nonce = randomBytes(16);
    const sealed = createCipheriv("aes-256-ctr", bytesOf(master.encrypt), nonce).update(JSON.stringify(snapshot));
    const pad = createCipheriv("aes-128-ecb", bytesOf(master.mac.k), null).update(nonce);
    const bytes = Buffer.concat([nonce, sealed, poly1305(sealed, bytesOf(master.mac.r), pad)]);
    const name = createHash("sha256").update(bytes).digest("hex");
    await writeFile(path.join(folder, "repository/snapshots", name), bytes);
  }
}

interface MasterKey {
  readonly mac: { readonly k: string; readonly r: string };
  readonly encrypt: string;
}

interface PlantedSnapshot {
  readonly time: string;
  readonly tree: string;
  readonly paths: readonly string[];
  readonly hostname: string;
  readonly username: string;
  readonly tags?: readonly string[];
}

/** How far apart the backups of a history come, in milliseconds. */
const paces = [60_000, 20 * 60_000, 3_600_000, 6 * 3_600_000, 86_400_000, 5 * 86_400_000, 40 * 86_400_000];
const historyCount = 240;

/**
 * Each history is a host of its own: its pace, its zones and its tags, some of it ahead of the clock. No two of one instant:
 * between those restic chooses by the order in which it happened to read them.
 */
function generatedHistories(seeded: SeededRandom): readonly PlantedSnapshot[] {
  const random = (): number => seeded.next();
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  return Array.from({ length: historyCount }, (_, history) => {
    let time = Date.UTC(2018 + Math.floor(random() * 8), Math.floor(random() * 12), 1 + Math.floor(random() * 31));
    const pace = pick(paces) ?? 1000;
    return Array.from({ length: 1 + Math.floor(random() * 12) }, () => {
      time += 1 + Math.floor(random() * 2 * pace);
      const tag = pick(tags) ?? [];
      return {
        time: inZone(random() < 0.02 ? time + 200 * 31_536_000_000 : time, pick(Object.values(zones)) ?? 0),
        tree: "0".repeat(64),
        paths: random() < 0.8 ? ["/home"] : ["/etc", "/home"],
        hostname: `host ${history}`,
        username: "root",
        ...(tag.length === 0 ? {} : { tags: tag }),
      };
    });
  }).flat();
}

function inZone(time: number, hours: number): string {
  const sign = hours < 0 ? "-" : "+";
  const [whole, part] = [Math.floor(Math.abs(hours)), (Math.abs(hours) % 1) * 60];
  const local = new Date(time + hours * 3_600_000).toISOString().slice(0, -1);
  return `${local}${sign}${String(whole).padStart(2, "0")}:${String(part).padStart(2, "0")}`;
}

/** Every rule at least once, alone or beside others. */
const generatedPolicies: readonly RetentionRules[] = [
  { "group-by": "host", "keep-last": 3 },
  { "group-by": "host,paths", "keep-hourly": 4 },
  { "group-by": "host", "keep-daily": 3 },
  { "group-by": "host,tags", "keep-weekly": 2 },
  { "group-by": "host", "keep-monthly": 2 },
  { "group-by": "host,paths,tags", "keep-yearly": 1 },
  { "group-by": "host", "keep-within": "10d" },
  { "group-by": "host", "keep-within-hourly": "2d" },
  { "group-by": "host", "keep-within-daily": "1m" },
  { "group-by": "host", "keep-within-weekly": "2m", "keep-within-monthly": "1y", "keep-within-yearly": "9y" },
  { "group-by": "host,paths", "keep-tag": ["daily,pinned", "weekly"], "keep-last": 1 },
  { "group-by": "", "keep-last": 7, "keep-hourly": 30, "keep-daily": 20, "keep-weekly": 9, "keep-monthly": 30 },
];

const tries = restics.flatMap((restic) => {
  return cases.map((rules) => ({ ...restic, text: restic.version.text, rules, words: flags(rules).join(" ") }));
});

describe.skipIf(restics.length === 0)("decide() keeps what restic keeps, for the same reasons", () => {
  beforeAll(async () => {
    repository = await makeRepository(restics.at(-1)?.program ?? "");
  }, 120_000);
  afterAll(async () => await rm(repository.folder, { recursive: true, force: true }));

  it("over snapshots of several zones", () => {
    expect(repository.snapshots).toHaveLength(times.length);
    const offsets = new Set(repository.snapshots.map(({ timeText }) => timeText.replace(/^.*:\d\d(?=Z|[+-])/, "")));
    expect([...offsets].toSorted()).toEqual(["+05:30", "+14:00", "-09:00", "Z"]);
  });

  it.concurrent.each(tries)(
    "restic $text $words",
    { timeout: 60_000 },
    async (one) => await expectAgreement(repository, one),
  );
});

const generatedTries = restics.flatMap((restic) => {
  return generatedPolicies.map((rules) => ({
    ...restic,
    text: restic.version.text,
    rules,
    words: flags(rules).join(" "),
  }));
});

describe.skipIf(restics.length === 0)(`decide() agrees with restic on ${historyCount} generated histories`, () => {
  let generated: Repository;

  beforeAll(async () => {
    const program = restics.at(-1)?.program ?? "";
    const folder = await mkdtemp(path.join(tmpdir(), "holdfast-histories-"));
    await mkdir(path.join(folder, "zones"));
    await writeFile(path.join(folder, "zones/utc"), zoneFile(0));
    await restic(program, folder, ["init", "--quiet"]);
    await makeKeyCheap(program, folder);
    await plantSnapshots(program, folder, generatedHistories(new SeededRandom(20261121)));
    const snapshots = parseSnapshots(await restic(program, folder, ["snapshots", "--json"]));
    generated = { folder, snapshots: snapshots ?? [] };
  }, 120_000);
  afterAll(async () => await rm(generated.folder, { recursive: true, force: true }));

  it("as many as there are hosts", () => {
    expect(new Set(generated.snapshots.map(({ host }) => host)).size).toBe(historyCount);
  });

  it.each(generatedTries)(
    "restic $text $words",
    { timeout: 60_000 },
    async (one) => await expectAgreement(generated, one),
  );
});

interface Try extends Restic {
  readonly rules: RetentionRules;
}

async function expectAgreement(where: Repository, { program, version, rules }: Try): Promise<void> {
  const groups = await forget(where.folder, program, rules);
  const decisions = decide(where.snapshots, rules, instantFromMilliseconds(Date.now()));
  const ours = groupsOf(where.snapshots, rules["group-by"]).map(({ snapshots }) => snapshots);
  if (groups === null) {
    const kept = new Set(decisions.filter(({ keep }) => keep).map(({ snapshot }) => snapshot.id));
    expect(ours.some((group) => group.every(({ id }) => !kept.has(id)))).toBe(true);
    return;
  }
  expect(keptByRestic(groups)).toEqual(keptByDecision(decisions, keepsOldest(version)));
  expect(partition(groups.map(({ keep, remove }) => [...(keep ?? []), ...(remove ?? [])]))).toEqual(partition(ours));
}
