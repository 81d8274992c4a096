import { repositoryObject } from "../restic/layout.ts";
import type { RepositoryObject } from "../restic/layout.ts";
import type { RepositoryBelow } from "./repositories-below.ts";
import type { UnnumberedStep } from "./step.ts";

/** What the rollback has to do with an object of the bucket. */
export type RollbackObject =
  | Exclude<RepositoryObject, { readonly kind: "lock" } | { readonly kind: "canary" }>
  /** Locks and whatever else stands under `locks/`, Holdfast's canaries, and repositories in a folder below this one. */
  | { readonly kind: "leftOut" };

/**
 * Reads a key, without its prefix, for the rollback. An object that restic did not put there is `foreign`: it belongs to
 * the state at T and is brought back or hidden like the others, though nothing can prove it. What stands in a repository
 * `below` this one is not this one's to roll back: its own newer snapshots would be hidden.
 */
export function rollbackObject(path: string, below: readonly RepositoryBelow[]): RollbackObject {
  const object = repositoryObject(path);
  if (object.kind === "lock" || object.kind === "canary" || path.startsWith("locks/")) return { kind: "leftOut" };
  const isBelow = object.kind === "foreign" && below.some(({ folder }) => path.startsWith(folder));
  return isBelow ? { kind: "leftOut" } : object;
}

/** One stretch of a plan; a stage begins when the one before it has ended. */
export interface Stage {
  readonly name: string;
  readonly acts: "bring back" | "hide";
  readonly holds: "data" | "index" | "snapshots" | "keys" | "config" | "foreign";
}

function stage(acts: Stage["acts"], holds: Stage["holds"]): Stage {
  return { name: `${acts} ${holds}`, acts, holds };
}

/**
 * The order in which it is safe to stop: what is pointed to comes back before what points to it, and what points is
 * hidden before what it points to. Later keys go first of what is hidden: they open the repository for their maker.
 */
export const stages: readonly Stage[] = [
  stage("bring back", "data"),
  stage("bring back", "index"),
  stage("bring back", "snapshots"),
  stage("bring back", "keys"),
  stage("bring back", "config"),
  stage("bring back", "foreign"),
  stage("hide", "keys"),
  stage("hide", "snapshots"),
  stage("hide", "index"),
  stage("hide", "data"),
  stage("hide", "config"),
  stage("hide", "foreign"),
];

const places = { "bring back": placesOf("bring back"), hide: placesOf("hide") };

function placesOf(acts: Stage["acts"]): Readonly<Record<Stage["holds"], number>> {
  const place = (holds: Stage["holds"]): number =>
    stages.findIndex((each) => each.acts === acts && each.holds === holds);
  return {
    data: place("data"),
    index: place("index"),
    snapshots: place("snapshots"),
    keys: place("keys"),
    config: place("config"),
    foreign: place("foreign"),
  };
}

/** The place among `stages` of what is done with objects of a kind. */
export function placeOf(acts: Stage["acts"], holds: Stage["holds"]): number {
  return places[acts][holds];
}

/** The place among `stages` of a step on `key`; -1 for a key that no plan may touch. */
export function stageIndex(step: Pick<UnnumberedStep, "key" | "action">, prefix: string): number {
  const { kind } = rollbackObject(step.key.slice(prefix.length), []);
  if (kind === "leftOut") return -1;
  return placeOf(step.action === "hide" ? "hide" : "bring back", kind);
}

/** What has to be listed to see every key of a stage. Foreign objects stand anywhere under the prefix. */
export function listedPrefix(of: Stage, prefix: string): string {
  if (of.holds === "foreign") return prefix;
  return of.holds === "config" ? `${prefix}config` : `${prefix}${of.holds}/`;
}
