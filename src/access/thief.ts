import type { Clock } from "../base/clock.ts";
import { Failure } from "../base/failure.ts";
import { objectKey, type ObjectKey } from "../base/object-key.ts";
import type { Role } from "../base/role.ts";
import type { ProviderProfile } from "../store/provider-profile.ts";
import type { TrialDoor, TrialReply, TrialRequest } from "../store/trial-door.ts";
import { canaryFolder, canaryLockPrefix, canaryName } from "../restic/layout.ts";
import { answerText, verdictOf } from "./answer.ts";

export interface Place {
  readonly bucket: string;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
}

interface ThiefOptions {
  readonly role: Role;
  readonly door: TrialDoor;
  readonly place: Place;
  readonly profile: ProviderProfile;
  /** Other keys of this host, the rescuer's first: they see what this one may not. */
  readonly witnesses: readonly TrialDoor[];
  /** Eight letters that are the same whenever this key is tried, so that its canaries keep their names. */
  readonly mark: string;
  /** 128 random bits in hex, others each time. */
  readonly random: () => string;
  /** By which a canary is locked, for a moment. */
  readonly clock: Clock;
  /** Why no canary may be put here; null where it may. */
  readonly noCanaries: string | null;
}

/** A canary with two versions, as its thief put them. */
export interface Canary {
  readonly key: ObjectKey;
  readonly first: CanaryVersion;
  readonly second: CanaryVersion;
}

export interface CanaryVersion {
  /** Null where the store gave none. */
  readonly id: string | null;
  readonly text: string;
}

/** A key in the wrong hands: what it is tried on, and what is left of that. */
export class Thief {
  readonly role: Role;
  readonly door: TrialDoor;
  readonly place: Place;
  readonly profile: ProviderProfile;
  readonly random: () => string;
  readonly clock: Clock;
  readonly #noCanaries: string | null;
  /** Its own door first. */
  readonly #witnesses: readonly [TrialDoor, ...TrialDoor[]];
  readonly #mark: string;
  readonly #touched = new Set<ObjectKey>();
  #laid: Canary | TrialReply | null = null;

  constructor(options: ThiefOptions) {
    this.role = options.role;
    this.door = options.door;
    this.place = options.place;
    this.profile = options.profile;
    this.random = options.random;
    this.clock = options.clock;
    this.#noCanaries = options.noCanaries;
    this.#witnesses = [options.door, ...options.witnesses];
    this.#mark = options.mark;
  }

  /** Every key that may hold a canary of ours now, to be cleared away. */
  get touched(): readonly ObjectKey[] {
    return [...this.#touched];
  }

  /** Where a writer may put and delete. The name is the same in each run, so that a timer does not pile names up. */
  lockCanary(suffix = ""): ObjectKey {
    return this.touch(`${canaryLockPrefix}audit-${this.#mark}${suffix}`);
  }

  /** A name in one of restic's folders, none of restic's own: its names are hex. */
  canaryIn(folder: string): ObjectKey {
    return this.touch(`${folder}${canaryName}audit-${this.#mark}`);
  }

  /** A name in the folder that is Holdfast's own, where no writer may put. */
  reservedCanary(): ObjectKey {
    return this.touch(`${canaryFolder}audit-${this.#mark}`);
  }

  /** A name outside the repository, behind `start`, which is whole: `backups/other/`. */
  outsideCanary(start: string): ObjectKey {
    return this.#remembered(objectKey(`${start}${canaryName}audit-${this.#mark}`));
  }

  touch(path: string): ObjectKey {
    return this.#remembered(objectKey(`${this.place.prefix}${path}`));
  }

  #remembered(key: ObjectKey): ObjectKey {
    this.#touched.add(key);
    return key;
  }

  async send(request: TrialRequest): Promise<TrialReply> {
    return await this.door.send(request);
  }

  /** Fails with `refused` where no canary may be put. */
  async put(key: ObjectKey, text: string, more: Pick<TrialRequest, "headers" | "query"> = {}): Promise<TrialReply> {
    if (this.#noCanaries !== null) throw noCanary(key, this.#noCanaries);
    const body = new TextEncoder().encode(text);
    return await this.door.send({
      operation: "PutObject",
      method: "PUT",
      target: { kind: "object", key },
      body,
      ...more,
    });
  }

  /** The answer of the first key of this host that may ask; else of the last. */
  async askAny(request: TrialRequest): Promise<TrialReply> {
    const [own, ...others] = this.#witnesses;
    let reply = await own.send(request);
    for (const door of others) {
      if (reply.status !== 401 && reply.status !== 403) break;
      reply = await door.send(request);
    }
    return reply;
  }

  /**
   * A key below `prefix`, as far as any key of this host may look; null where none shows. Fails with `store-unreachable`
   * where the store itself fails.
   */
  async seesAnObject(prefix: string): Promise<string | null> {
    const query = { "list-type": "2", prefix, "max-keys": "1" };
    for (const door of this.#witnesses) {
      const reply = await door.send({ operation: "ListObjectsV2", method: "GET", target: { kind: "bucket" }, query });
      if (reply.status >= 500) throw unclear("list the objects of", this.place.bucket, reply);
      const key = /<Contents>[\s\S]*?<Key>([^<]+)<\/Key>/.exec(reply.body)?.[1];
      if (key !== undefined) return key;
    }
    return null;
  }

  /** A canary under `locks/` with both its versions whole; the answer that stood in the way, where one did. Fails as `put`. */
  async canary(): Promise<Canary | TrialReply> {
    if (this.#laid !== null) return this.#laid;
    const laid = await this.layCanary(this.lockCanary());
    // A store that fails once may do better the next time.
    if (isCanary(laid) || laid.status < 500) this.#laid = laid;
    return laid;
  }

  /** The key of a canary that another key of this host puts, where this one may not; null where none may. */
  async lentCanary(): Promise<ObjectKey | null> {
    const key = this.lockCanary("-lent");
    for (const door of this.#witnesses) {
      if (this.#noCanaries !== null) return null;
      const body = new TextEncoder().encode("a lent canary");
      const reply = await door.send({ operation: "PutObject", method: "PUT", target: { kind: "object", key }, body });
      if (reply.status < 300) return key;
    }
    return null;
  }

  /** Says that a trial may have harmed the canary: the next one gets another. */
  spendCanary(): void {
    this.#laid = null;
  }

  /** Puts two versions under a name of the trial's own. */
  async layCanary(key: ObjectKey): Promise<Canary | TrialReply> {
    const stamp = this.random();
    const versions: CanaryVersion[] = [];
    for (const text of [`first canary ${stamp}`, `second canary ${stamp}`]) {
      const reply = await this.put(key, text);
      if (reply.status >= 300) return reply;
      versions.push({ id: reply.headers["x-amz-version-id"] ?? null, text });
    }
    const [first, second] = versions;
    if (first === undefined || second === undefined) throw new RangeError("a canary has two versions");
    return { key, first, second };
  }

  /**
   * The bytes of one version, seen with this key or, where this one may not, another of this host. Fails with
   * `store-unreachable` where the answer says neither.
   */
  async readVersion(key: ObjectKey, id: string): Promise<Seen> {
    const target = { kind: "object", key } as const;
    const reply = await this.askAny({ operation: "GetObject", method: "GET", target, query: { versionId: id } });
    if (reply.status < 300) return { kind: "there", text: reply.body };
    if (reply.status === 404) return { kind: "gone" };
    if (verdictOf(reply) === "refused") return { kind: "not seen" };
    throw unclear("read the version of", key, reply);
  }
}

export type Seen =
  | { readonly kind: "there"; readonly text: string }
  | { readonly kind: "gone" }
  /** No key of this host may read it. */
  | { readonly kind: "not seen" };

/** Why a trial that only a look at an older version decides is not tried. */
export const unreadVersion = "no key of this host may read versions: audit where the rescuer's key is";

function unclear(action: string, subject: string, reply: TrialReply): Failure {
  const problem = `the store answers ${answerText(reply)}`;
  return new Failure({ kind: "store-unreachable", action, subject, problem, hint: "audit again" });
}

function noCanary(key: ObjectKey, problem: string): Failure {
  return new Failure({
    kind: "refused",
    action: "put the canary",
    subject: key,
    problem,
    hint: "audit a bucket of its own that is set up alike, without that default",
  });
}

export function isCanary(laid: Canary | TrialReply): laid is Canary {
  return "first" in laid;
}
