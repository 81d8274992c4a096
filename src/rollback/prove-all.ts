import type { Clock } from "../base/clock.ts";
import type { ReadableStore } from "../store/versioned-store.ts";
import type { DecisionGround } from "./decide.ts";
import { planBringBack } from "./decide-history.ts";
import type { HistoryDecider, OpenDecision } from "./decide-history.ts";
import type { Run } from "./decided-keys.ts";
import type { GoodVersionsCounter } from "./good-versions.ts";
import { inOrder } from "./in-parallel.ts";
import { planKey } from "./plan.ts";
import type { KeyPlan, PlanStyle } from "./plan.ts";
import { versionHasher } from "./prove.ts";
import type { HashVersion } from "./prove.ts";
import { proveKey } from "./prove-key.ts";
import { wrongBytes } from "./wrong-bytes.ts";

/** How much there is to read, and how long that takes at the rate so far. */
export interface ProofEstimate {
  readonly bytes: number;
  readonly seconds: number;
}

interface ProvingRequest {
  readonly ground: DecisionGround;
  readonly style: PlanStyle;
  readonly store: ReadableStore;
  readonly good: GoodVersionsCounter;
  readonly clock: Clock;
  readonly connections: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (progress: { readonly done: number; readonly bytes: number }) => void;
  readonly onEstimate?: ((estimate: ProofEstimate) => void) | undefined;
}

/** How long the rate is measured before anything is said. */
const measured = 3000;
const worthTelling = 60_000;

/**
 * Reads the bytes that the decisions wait for, several objects at once, and hands the plans on in the order of the keys.
 * Tells once, after some seconds, how long it will take where that is more than a minute. Returns how many bytes were read.
 */
export async function proveAll(decider: HistoryDecider, run: Run, request: ProvingRequest): Promise<number> {
  const { store, connections: limit, signal, clock, onEstimate } = request;
  const began = clock.now();
  let bytes = 0;
  let done = 0;
  let isTold = onEstimate === undefined;
  const hash = versionHasher(store, (more) => {
    bytes += more;
    const took = isTold ? 0 : clock.now() - began;
    if (took < measured) return;
    isTold = true;
    const left = decider.bytesToProve - bytes;
    const milliseconds = (left / bytes) * took;
    if (milliseconds > worthTelling) onEstimate?.({ bytes: left, seconds: Math.round(milliseconds / 1000) });
  });
  const plans = inOrder(decider.open(), { limit, signal }, async (item) => await proven(item, hash, request));
  for await (const plan of plans) {
    run.take(plan);
    request.onProgress({ done: ++done, bytes });
    await run.settle();
  }
  return bytes;
}

async function proven(item: OpenDecision, hash: HashVersion, request: ProvingRequest): Promise<KeyPlan> {
  const { ground, store } = request;
  if (item.kind === "bringBack") {
    const recorded = store.recordedSha256.bind(store);
    return planBringBack(item, await proveKey(item, { recorded, hash }, ground), request);
  }
  const { key, current, object } = item;
  const hashed = await hash(current);
  const isWrong = hashed.kind === "hashed" && "sha256" in object && hashed.sha256 !== object.sha256;
  const finding = isWrong ? wrongBytes(key, [{ version: current, sha256: hashed.sha256 }], "hidden") : null;
  return planKey(item, finding);
}
