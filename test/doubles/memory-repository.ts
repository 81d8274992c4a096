import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../../src/base/clock.ts";
import { formatInstant, type Instant } from "../../src/base/instant.ts";
import { objectKey, type ObjectKey } from "../../src/base/object-key.ts";
import type { PurgingStore } from "../../src/store/versioned-store.ts";

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

const hexName = /^[0-9a-f]{64}$/;

export type Opening =
  | { readonly kind: "opened"; /** As `cat config` prints it. */ readonly config: string; readonly id: string }
  | { readonly kind: "absent" }
  | { readonly kind: "wrong password" }
  /** The password opens a key that is not the one of this config. */
  | { readonly kind: "damaged"; readonly key: string };

type Fields = Readonly<Record<string, unknown>>;

export interface SnapshotFields {
  /** By the client's clock; default: the store's. */
  readonly time?: Instant;
  readonly hostname?: string;
  readonly paths?: readonly string[];
  readonly tags?: readonly string[];
}

export interface RepositorySnapshot {
  readonly id: string;
  /** As restic stored it, its packs besides. */
  readonly fields: Fields;
  readonly packs: readonly string[];
}

/**
 * The objects of a restic repository in a bucket: nothing encrypted or split up, but named, written and tied together as
 * restic does it. A config can be read only with the key that was made with it.
 */
export class MemoryRepository {
  readonly #store: PurgingStore;
  readonly #prefix: string;
  readonly #clock: Clock;

  constructor(store: PurgingStore, prefix: string, clock: Clock) {
    this.#store = store;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  key(path: string): ObjectKey {
    return objectKey(`${this.#prefix}${path}`);
  }

  /** Two writes, the key first: what restic does, and what an init that is stopped leaves half of. */
  async create(password: string): Promise<string> {
    const [master, id] = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex")];
    await this.#putNamed("keys", JSON.stringify({ password, master }));
    await this.#put("config", JSON.stringify({ master, version: 2, id, chunker_polynomial: "30c46ff7ebf4cf" }));
    return id;
  }

  async open(password: string): Promise<Opening> {
    const text = await this.#text(this.key("config"));
    if (text === null) return { kind: "absent" };
    const { master, ...config } = JSON.parse(text) as { readonly master: string; readonly id: string };
    for (const { name, fields } of await this.#named("keys")) {
      if (fields["password"] !== password) continue;
      if (fields["master"] !== master) return { kind: "damaged", key: name };
      return { kind: "opened", config: JSON.stringify(config, null, 2), id: config.id };
    }
    return { kind: "wrong password" };
  }

  async names(folder: "keys" | "snapshots"): Promise<readonly string[]> {
    return (await this.#named(folder)).map(({ name }) => name);
  }

  /** Objects whose bytes are not those that their name says. */
  async damaged(folder: "snapshots"): Promise<readonly string[]> {
    const wrong: string[] = [];
    for await (const { key } of this.#store.listCurrent(this.key(`${folder}/`))) {
      const name = key.slice(this.key(`${folder}/`).length);
      if (hexName.test(name) && sha256((await this.#text(key)) ?? "") !== name) wrong.push(name);
    }
    return wrong;
  }

  /** A pack, its index and a snapshot of it, in restic's order. Gives the snapshot's id. */
  async addSnapshot({ time, ...given }: SnapshotFields = {}): Promise<string> {
    const pack = randomBytes(40).toString("hex");
    const name = sha256(pack);
    await this.#put(`data/${name.slice(0, 2)}/${name}`, pack);
    await this.#putNamed("index", JSON.stringify({ packs: [name] }));
    return await this.#putNamed(
      "snapshots",
      JSON.stringify({
        time: formatInstant(time ?? this.#clock.now()),
        tree: sha256(name),
        paths: ["/home"],
        hostname: "nas",
        username: "root",
        ...given,
        packs: [name],
      }),
    );
  }

  async snapshots(): Promise<readonly RepositorySnapshot[]> {
    return (await this.#named("snapshots")).map(({ name, fields: { packs, ...fields } }) => {
      return { id: name, fields, packs: packs as readonly string[] };
    });
  }

  async forget(ids: readonly string[]): Promise<void> {
    await this.#store.hide(ids.map((id) => this.key(`snapshots/${id}`)));
  }

  /** Hides the packs that no snapshot needs and gives their number. */
  async removeUnneeded(): Promise<number> {
    const needed = new Set((await this.snapshots()).flatMap(({ packs }) => packs));
    const unneeded = (await this.#packs()).filter((name) => !needed.has(name));
    await this.#store.hide(unneeded.map((name) => this.key(`data/${name.slice(0, 2)}/${name}`)));
    return unneeded.length;
  }

  /** Packs that a snapshot needs and that do not stand. */
  async missingPacks(): Promise<readonly string[]> {
    const there = new Set(await this.#packs());
    return (await this.snapshots()).flatMap(({ packs }) => packs).filter((name) => !there.has(name));
  }

  async #packs(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { key } of this.#store.listCurrent(this.key("data/"))) names.push(key.slice(-64));
    return names;
  }

  async #named(folder: string): Promise<readonly { readonly name: string; readonly fields: Fields }[]> {
    const found: { name: string; fields: Fields }[] = [];
    for await (const { key } of this.#store.listCurrent(this.key(`${folder}/`))) {
      const name = key.slice(this.key(`${folder}/`).length);
      const text = await this.#text(key);
      if (hexName.test(name) && text !== null && sha256(text) === name)
        found.push({ name, fields: JSON.parse(text) as Fields });
    }
    return found;
  }

  async #putNamed(folder: string, content: string): Promise<string> {
    const name = sha256(content);
    await this.#put(`${folder}/${name}`, content);
    return name;
  }

  async #put(path: string, content: string): Promise<void> {
    await this.#store.put(this.key(path), new TextEncoder().encode(content));
  }

  async #text(key: ObjectKey): Promise<string | null> {
    const content = await this.#store.read(key, null);
    if (content === null) return null;
    const parts: Uint8Array[] = [];
    for await (const part of content.bytes) parts.push(part);
    return Buffer.concat(parts).toString();
  }
}
