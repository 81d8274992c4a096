import type { Role } from "../base/role.ts";
import type { PurgingStore } from "../store/versioned-store.ts";
import { connectionsFlag } from "./connections-flag.ts";
import type { CommandInput, Invocation } from "./invocation.ts";
import type { OpenedRepository } from "./open-repository.ts";
import { openProgress } from "./render/progress.ts";
import type { Progress } from "./render/progress.ts";

/** A store opened for a long run, with what the run has cost so far. */
export interface StoreRun {
  readonly store: PurgingStore;
  readonly role: Role;
  /** The id of the key; no secret. */
  readonly accessKey: string;
  /** How many requests may be under way at once; left out where nothing was said. */
  readonly connections?: number;
  readonly cost: { readonly requests: number; readonly retries: number };
}

export async function openStoreRun(repository: OpenedRepository, input: CommandInput): Promise<StoreRun> {
  const connections = connectionsFlag(input);
  const role = repository.role(["rescuer"]);
  const cost = { requests: 0, retries: 0 };
  const { credentials } = await repository.access(role);
  const store = await repository.store(role, {
    connections,
    onRequest: () => cost.requests++,
    onRetry: () => cost.retries++,
  });
  const limit = connections === undefined ? {} : { connections };
  return { store, role, accessKey: credentials.accessKey, ...limit, cost };
}

/**
 * One line a second in a log, since a rollback is watched, and one that stays for each stage; requests and retries beside
 * the objects.
 */
export function runProgress(invocation: Invocation, { cost }: StoreRun): Progress {
  const progress = openProgress(invocation.screen, invocation.clock, { logEvery: 1000, leavesStages: true });
  return {
    show: (state) => progress.show({ ...state, ...cost }),
    end: () => progress.end(),
  };
}
