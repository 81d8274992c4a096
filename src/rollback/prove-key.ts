import { isNullVersion } from "../base/version-id.ts";
import type { DeleteMarker, HistoryRow, ObjectVersion } from "../store/object-version.ts";
import { isArchived } from "./archived.ts";
import { isSole } from "./decide.ts";
import type { BringBack, DecisionGround } from "./decide.ts";
import { unread } from "./prove.ts";
import type { Hashed, HashVersion } from "./prove.ts";
import type { Proof } from "./step.ts";

/** A version whose bytes were looked at and are not what its name says. */
export interface WrongBytes {
  readonly version: ObjectVersion;
  /** What they hash to, in hex. */
  readonly sha256: string;
}

/** What looking at the bytes of a key's versions has shown, or the history alone where none were looked at. */
export type Proven =
  | {
      readonly kind: "found";
      /** The version whose bytes are right; not always the one that order and dates point to. */
      readonly version: ObjectVersion;
      readonly proof: Proof;
      /** What the proof rests on, in a few words. */
      readonly reason: string;
      /** Whether the newest data version of the key has the same bytes, so that none need be moved, and how that is known. */
      readonly newestIsRight: "itself" | "by its bytes" | "as a twin" | null;
      /** A marker that the wrong version at T covers: without that version the key would read as deleted at T. */
      readonly markerBelow: DeleteMarker | null;
      readonly wrong: readonly WrongBytes[];
    }
  | { readonly kind: "lost"; readonly reason: string; readonly wrong: readonly WrongBytes[] };

type Found = Extract<Proven, { readonly kind: "found" }>;

/** The ways to the SHA-256 of a version, the cheaper of which is tried first. */
export interface ProofMeans {
  /** What the store itself recorded and vouches for; null where it does not. */
  readonly recorded: (version: ObjectVersion) => Promise<string | null>;
  readonly hash: HashVersion;
}

/** What is known without reading any bytes: all of it where nothing can be read; null where bytes have to be read. */
export function provenUnread(item: BringBack, ground: DecisionGround): Proven | null {
  const { object, rows } = item;
  if (object.kind === "foreign") return judgedUnread(item, notOurs, ground);
  if (object.kind === "config") {
    if (ground.recordedConfigHash !== null && ground.canRead) return null;
    return judgedUnread(item, isSole(rows) ? neverAnother : unrecordedConfig, ground);
  }
  const mayRead = ground.canRead && (object.kind !== "data" || item.isOpen || ground.prove !== "none");
  const sole = isSole(rows);
  const isEnough = object.kind === "data" && !item.isOpen && ground.prove !== "all" && sole;
  if (mayRead && !isEnough) return null;
  return judgedUnread(item, sole ? neverAnother : hadOthers, { ...ground, canRead: false });
}

/** How a version is judged by its history alone. */
interface Judgement {
  readonly proof: Proof;
  readonly reason: string;
}

const notOurs: Judgement = { proof: "none", reason: "not restic's, nothing can prove it" };
const neverAnother: Judgement = { proof: "sole", reason: "never had another version" };
const hadOthers: Judgement = { proof: "none", reason: "had other versions, and was not hashed" };
const unrecordedConfig: Judgement = { proof: "none", reason: "had other versions, and no hash was recorded" };
const otherConfig: Judgement = { proof: "none", reason: "does not hash as recorded" };

function judgedUnread(item: BringBack, judgement: Judgement, ground: DecisionGround): Proven | null {
  const newest = newestData(item.rows);
  if (newest === item.wanted) return found(item.wanted, judgement, "itself");
  if (newest === null || newest.size !== item.wanted.size) return found(item.wanted, judgement, null);
  if (isTwinOf(newest, item.wanted, ground)) return found(item.wanted, judgement, "as a twin");
  return ground.canRead ? null : found(item.wanted, judgement, null);
}

/**
 * Looks for the right version of a key that is to be brought back, or whose place in the history proves nothing.
 *
 * In a restic repository the name says the content: under `data/`, `index/`, `snapshots/` and `keys/` the right version
 * is the one whose bytes hash to the name, whatever its date. `config` is proven by its recorded hash, else it is `sole`
 * where it never had another data version. Versions are read only as far as needed; a twin of one that was read is not
 * read, nor one of which the store itself kept the SHA-256. What is archived cannot be read before it is restored: it is
 * not lost for that, see `Proof`.
 */
export async function proveKey(item: BringBack, means: ProofMeans, ground: DecisionGround): Promise<Proven> {
  const { object } = item;
  const bytes = new KeyBytes(means, ground);
  if ("sha256" in object) return await proveByHash(item, { sha256: object.sha256, as: "to the name" }, bytes);
  if (object.kind === "config") return await proveConfig(item, bytes, ground);
  return await compared(item, notOurs, bytes);
}

/** The hash that the right bytes have, and how to say so: `hash to the name`. */
interface Wanted {
  readonly sha256: string;
  readonly as: "to the name" | "as recorded";
}

/** A version that is not the right one, and why. */
interface Passed {
  readonly version: ObjectVersion;
  readonly hashed: Hashed;
}

async function proveByHash(item: BringBack, wanted: Wanted, bytes: KeyBytes): Promise<Proven> {
  const { sha256, as } = wanted;
  const place = item.rows.indexOf(item.wanted);
  const older = item.rows.slice(place + 1);
  const passed: Passed[] = [];
  for (const version of versionsOf([item.wanted, ...older, ...item.rows.slice(0, place)])) {
    const { hashed, by } = await bytes.of(version);
    if (hashed.kind !== "hashed" || hashed.sha256 !== sha256) {
      passed.push({ version, hashed });
      continue;
    }
    const newestIsRight = await newestLike(item, { of: version, sha256 }, bytes);
    const proof = by === "twin" ? "twin" : "sha256";
    const how = by === "store" ? "the SHA-256 that the store keeps is" : "bytes hash";
    const right = found(version, { proof, reason: `${how} ${as}` }, newestIsRight);
    return passed.length === 0 ? right : insteadOf(item, right, passed);
  }
  const archived = passed.find(({ version }) => isArchived(version));
  if (archived !== undefined) return awaiting(item, archived.version, passed);
  return { kind: "lost", reason: whyLost(passed, as), wrong: wrongOf(item, passed) };
}

/** The right version is another than the one that order and dates point to. */
function insteadOf(item: BringBack, right: Found, passed: readonly Passed[]): Proven {
  const [atT] = passed;
  if (atT === undefined) return right;
  const { versionId } = item.wanted;
  const isDifferent = atT.hashed.kind === "hashed";
  const but = isDifferent
    ? `those of the version at T (${versionId}) do not`
    : `the version at T (${versionId}) ${unread(atT.hashed)}`;
  const older = item.rows.slice(item.rows.indexOf(item.wanted) + 1);
  const below = older.slice(0, older.includes(right.version) ? older.indexOf(right.version) : older.length);
  const markerBelow = below.find((row) => row.kind === "marker") ?? null;
  return { ...right, reason: `${right.reason}; ${but}`, markerBelow, wrong: wrongOf(item, passed) };
}

/** None that can be read is right, and one is archived: it may be the right one, and is brought back as such. */
function awaiting(item: BringBack, version: ObjectVersion, passed: readonly Passed[]): Proven {
  const reason = `archived in ${version.storageClass ?? "another class"}, it can be read only after a restore`;
  const newestIsRight = newestData(item.rows) === version ? "itself" : null;
  return { ...found(version, { proof: "none", reason }, newestIsRight), wrong: wrongOf(item, passed) };
}

function wrongOf({ object }: BringBack, passed: readonly Passed[]): readonly WrongBytes[] {
  if (!("sha256" in object)) return [];
  return passed.flatMap(({ version, hashed }) =>
    hashed.kind === "hashed" ? [{ version, sha256: hashed.sha256 }] : [],
  );
}

/** Bytes that are wrong and bytes that cannot be read are told apart: only the first speak of tampering. */
function whyLost(passed: readonly Passed[], as: Wanted["as"]): string {
  const unreadable = passed.filter(({ hashed }) => hashed.kind !== "hashed");
  if (unreadable.length === 0) return `none of its ${passed.length} versions hashes ${as}${writtenOver(passed)}`;
  const named = unreadable.slice(0, 3).map(({ version, hashed }) => `${version.versionId} ${unread(hashed)}`);
  const more = unreadable.length > 3 ? ` and ${unreadable.length - 3} more` : "";
  const different = passed.length - unreadable.length;
  const rest = different === 0 ? "" : `; ${different} can be read and do not hash ${as}`;
  return `of its ${passed.length} versions ${named.join(", ")}${more}${rest}`;
}

/** What has the id null was written in place: its date is when the bytes before it went. */
function writtenOver(passed: readonly Passed[]): string {
  const inPlace = passed.find(({ version }) => isNullVersion(version.versionId));
  if (inPlace === undefined) return "";
  const at = new Date(inPlace.version.lastModified).toISOString();
  return `; the one with the id null was written over what was there, at ${at}`;
}

async function proveConfig(item: BringBack, bytes: KeyBytes, ground: DecisionGround): Promise<Proven> {
  const { recordedConfigHash: recorded, historyForgeable } = ground;
  if (isArchived(item.wanted)) return awaiting(item, item.wanted, []);
  if (recorded === null) return await compared(item, isSole(item.rows) ? neverAnother : unrecordedConfig, bytes);
  if (historyForgeable) return await proveByHash(item, { sha256: recorded, as: "as recorded" }, bytes);
  const { hashed } = await bytes.of(item.wanted);
  if (hashed.kind !== "hashed") return { kind: "lost", reason: `the version at T ${unread(hashed)}`, wrong: [] };
  // Not replaced by a version that does hash as recorded: `restic migrate` rewrites config, and packs may need the new one.
  if (hashed.sha256 !== recorded) return await compared(item, otherConfig, bytes);
  const newestIsRight = await newestLike(item, { of: item.wanted, sha256: recorded }, bytes);
  return found(item.wanted, { proof: "sha256", reason: "bytes hash as recorded" }, newestIsRight);
}

async function compared(item: BringBack, judgement: Judgement, bytes: KeyBytes): Promise<Proven> {
  const newest = newestData(item.rows);
  if (newest === item.wanted) return found(item.wanted, judgement, "itself");
  if (newest?.size !== item.wanted.size) return found(item.wanted, judgement, null);
  if (isArchived(item.wanted)) return awaiting(item, item.wanted, []);
  const { hashed } = await bytes.of(item.wanted);
  if (hashed.kind !== "hashed") return { kind: "lost", reason: `the version at T ${unread(hashed)}`, wrong: [] };
  return found(item.wanted, judgement, await newestLike(item, { of: item.wanted, sha256: hashed.sha256 }, bytes));
}

async function newestLike(
  item: BringBack,
  right: { readonly of: ObjectVersion; readonly sha256: string },
  bytes: KeyBytes,
): Promise<Found["newestIsRight"]> {
  const newest = newestData(item.rows);
  if (newest === right.of) return "itself";
  if (newest?.size !== right.of.size) return null;
  const { hashed, by } = await bytes.of(newest);
  if (hashed.kind !== "hashed" || hashed.sha256 !== right.sha256) return null;
  return by === "twin" ? "as a twin" : "by its bytes";
}

/** What is known of the bytes of one key's versions; none of them is read twice. */
class KeyBytes {
  readonly #means: ProofMeans;
  readonly #ground: DecisionGround;
  readonly #known: { readonly version: ObjectVersion; readonly hashed: Hashed; readonly by: Source }[] = [];

  constructor(means: ProofMeans, ground: DecisionGround) {
    this.#means = means;
    this.#ground = ground;
  }

  async of(version: ObjectVersion): Promise<{ readonly hashed: Hashed; readonly by: Source }> {
    const known = this.#known.find((other) => other.version === version);
    if (known !== undefined) return known;
    const twin = this.#known.find(
      (other) => other.hashed.kind === "hashed" && isTwinOf(other.version, version, this.#ground),
    );
    const found = twin === undefined ? await this.#looked(version) : ({ hashed: twin.hashed, by: "twin" } as const);
    this.#known.push({ version, ...found });
    return found;
  }

  async #looked(version: ObjectVersion): Promise<{ readonly hashed: Hashed; readonly by: Source }> {
    if (isArchived(version)) {
      const problem = `archived in ${version.storageClass ?? "another class"}, it needs a restore first`;
      return { hashed: { kind: "unreadable", problem }, by: "bytes" };
    }
    const mayBeRecorded = version.checksums?.includes("SHA256") === true;
    const recorded = mayBeRecorded ? await this.#means.recorded(version) : null;
    if (recorded !== null) return { hashed: { kind: "hashed", sha256: recorded }, by: "store" };
    return { hashed: await this.#means.hash(version), by: "bytes" };
  }
}

type Source = "bytes" | "twin" | "store";

/** Same ETag, same size: the same bytes, where no client can choose the ETag. */
function isTwinOf(a: ObjectVersion, b: ObjectVersion, { historyForgeable }: DecisionGround): boolean {
  return !historyForgeable && a.etag !== "" && a.etag === b.etag && a.size === b.size;
}

function found(version: ObjectVersion, { proof, reason }: Judgement, newestIsRight: Found["newestIsRight"]): Found {
  return { kind: "found", version, proof, reason, newestIsRight, markerBelow: null, wrong: [] };
}

function versionsOf(rows: readonly HistoryRow[]): readonly ObjectVersion[] {
  return rows.filter((row) => row.kind === "version");
}

/** The data version that is or would be shown were there no markers. */
function newestData(rows: readonly HistoryRow[]): ObjectVersion | null {
  for (const row of rows) if (row.kind === "version") return row;
  return null;
}
