import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Instant } from "../../base/instant.ts";
import { failureIn } from "../../repository/run-restic.ts";
import { repositoryObject } from "../../restic/layout.ts";
import type { ResticSession } from "../../restic/restic-session.ts";
import type { ReadableStore } from "../../store/versioned-store.ts";
import { prune } from "../commands/prune.ts";
import type { DemoHost } from "./demo-host.ts";

/** What forged snapshots do to the real ones. */
export interface ForgeryReport {
  readonly forged: number;
  readonly real: number;
  /** Real ones that `restic forget` forgot, by the same rules, on a copy. */
  readonly forgottenByRestic: number;
  /** The rails that stopped `holdfast prune`. */
  readonly heldBy: readonly string[];
  /** Real ones that it would forget with these let through. */
  readonly forgottenByHoldfast: number;
}

export interface ForgeryPlace {
  readonly host: DemoHost;
  readonly signal: AbortSignal;
  readonly now: Instant;
  /** The folder that is backed up. */
  readonly files: string;
  /** A new folder for the copy of the repository. */
  readonly copy: string;
  readonly prefix: string;
}

/** As many as the demo's rules keep, so that restic has no room for a real one. */
const forgeries = 3;
/** In restic's own flags what the demo's configuration says. */
const rules = ["--keep-last=3", "--keep-daily=3"];

/**
 * Makes snapshots with the writer's key that are dated months ahead; then lets `restic forget` decide on a copy of the
 * repository, and `holdfast prune` on the repository itself. Fails as restic and the store fail.
 */
export async function forgeSnapshots(place: ForgeryPlace): Promise<ForgeryReport> {
  const { host, prefix } = place;
  const repository = await host.repository();
  const store = await repository.store("rescuer");
  const session = await repository.session("writer");
  const real = await snapshotIds(store, prefix);
  const flags = repository.resticFlags(session);
  const dates = Array.from({ length: forgeries }, (_, index) => datedAhead(place.now, index + 1));
  await Promise.all(
    dates.map(async (date) => {
      const words = ["backup", "--quiet", ...flags, "--time", date, place.files];
      await restic(session, place.signal, { words, action: "forge a snapshot of" });
    }),
  );
  const keptByRestic = await forgottenOnCopy(place, store, session);
  const held = await host.run(prune);
  const heldBy = (held["held"] as readonly { readonly rail: string }[]).map(({ rail }) => rail);
  const through = await host.run(prune, {}, { "dry-run": "", release: heldBy.join(",") });
  const kept = new Set(through["kept"] as readonly string[]);
  return {
    forged: forgeries,
    real: real.length,
    forgottenByRestic: real.filter((id) => !keptByRestic.has(id)).length,
    heldBy,
    forgottenByHoldfast: real.filter((id) => !kept.has(id)).length,
  };
}

function datedAhead(now: Instant, months: number): string {
  const date = new Date(now);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 19).replace("T", " ");
}

async function snapshotIds(store: ReadableStore, prefix: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { key } of store.listCurrent(`${prefix}snapshots/`)) {
    const object = repositoryObject(key.slice(prefix.length));
    if (object.kind === "snapshots") ids.push(object.sha256);
  }
  return ids;
}

/** Copies the repository into a folder, forgets there, and gives the ids that still stand. */
async function forgottenOnCopy(
  { copy, prefix, signal }: ForgeryPlace,
  store: ReadableStore,
  session: ResticSession,
): Promise<ReadonlySet<string>> {
  for await (const { key } of store.listCurrent(prefix)) {
    const content = await store.read(key, null);
    const file = path.join(copy, key.slice(prefix.length));
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    if (content !== null) await writeFile(file, content.bytes);
  }
  await mkdir(path.join(copy, "locks"), { recursive: true });
  const words = ["forget", "--quiet", "--no-cache", ...rules];
  await restic(session, signal, { words, action: "forget snapshots of", changes: { RESTIC_REPOSITORY: copy } });
  return new Set(await readdir(path.join(copy, "snapshots")));
}

interface ResticWords {
  readonly words: readonly string[];
  readonly action: string;
  readonly changes?: Readonly<Record<string, string>>;
}

async function restic(
  session: ResticSession,
  signal: AbortSignal,
  { words, action, changes = {} }: ResticWords,
): Promise<void> {
  const environment = { ...session.environment, ...changes };
  const failure = failureIn(session, action, await session.program.run({ arguments: words, environment, signal }));
  if (failure !== null) throw failure;
}
