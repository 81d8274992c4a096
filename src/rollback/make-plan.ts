import type { Instant } from "../base/instant.ts";
import { keyHistories } from "../history/key-history.ts";
import { EvidenceWriter } from "../history/evidence.ts";
import { parseTarget, resolveTarget } from "../history/target-instant.ts";
import type { TargetWord } from "../history/target-instant.ts";
import { usualConnections } from "../store/usual-connections.ts";
import type { RollbackGoal } from "./decide.ts";
import { decidePlan } from "./decide-plan.ts";
import { evidenceFolder, rollbackFile, takeStem } from "./file-names.ts";
import type { EvidencePlanRequest, PlanRequest, PlanSettings, RollbackPlanResult } from "./plan-request.ts";
import { evidenceSource, savedPages, storeSource } from "./plan-source.ts";
import type { PlanSource } from "./plan-source.ts";
import { noHistory } from "./workable-target.ts";

/**
 * Reads the whole version history, saves it as evidence, folds it into the state at T, proves what is to be brought back
 * and writes the plan. Reads the bucket only; memory does not grow with it.
 *
 * Fails with `usage` for a T that cannot be read; with `refused` where the bucket keeps no versions, nothing stands or
 * stood under the prefix, or config, keys or snapshots are missing at T (the hint names the instants that work, the
 * details the evidence, which stays). A bucket whose versioning is suspended can be planned for, the history is still
 * there; it is `apply` that refuses.
 */
export async function makeRollbackPlan(request: PlanRequest): Promise<RollbackPlanResult> {
  const { location, state, clock, connections = usualConnections, signal, store } = request;
  const { bucket, prefix } = location;
  const word = parseTarget(request.to, request.resolution);
  const source = await storeSource(store, { prefix, connections, ...(signal === undefined ? {} : { signal }) });
  const { versioning, settings, openUploads } = source;
  if (versioning === "off" || versioning === "unsupported") throw noHistory(location);
  const goal = await goalOf(request, source, word);
  const { stem, file } = await takeStem(state, { repository: request.repository, to: goal.to }, async (free) => {
    return await state.createSealed(rollbackFile("evidence", free));
  });
  const name = rollbackFile("evidence", stem);
  const about = {
    bucket,
    prefix,
    versioning,
    takenAt: clock.now(),
    order: goal.order,
    idTime: goal.idTime,
    settings,
    openUploads,
  };
  const writer = await EvidenceWriter.begin(file, name, about);
  return await decidePlan(request, {
    source,
    goal,
    prove: request.prove ?? (request.historyForgeable === true ? "all" : "changed"),
    evidence: {
      path: file.path,
      pages: savedPages(source.pages(prefix), writer),
      seal: async () => await writer.finish(),
      abandon: async () => await writer.abandon(),
    },
    proofs: { store, connections, onEstimate: request.onEstimate },
    openPlan: async () => ({ file: await state.create(rollbackFile("plan", stem)), name: stem }),
  });
}

/**
 * As `makeRollbackPlan`, from evidence that was saved before: no store is asked for anything, T counts by when the evidence
 * was taken, and nothing is hashed. Fails with `damaged-file` where the evidence is not whole, with `usage` where it is of
 * another repository.
 */
export async function planFromEvidence(request: EvidencePlanRequest): Promise<RollbackPlanResult> {
  const { location, repository, state, evidence } = request;
  const word = parseTarget(request.to, request.resolution);
  const source = await evidenceSource(evidence, location);
  const goal = await goalOf(request, source, word);
  const name = `${evidenceFolder}/${evidence.path.slice(evidence.path.lastIndexOf("/") + 1)}`;
  return await decidePlan(request, {
    source,
    goal,
    prove: "none",
    evidence: {
      path: evidence.path,
      pages: source.pages(location.prefix),
      seal: async () => ({ name, path: evidence.path, sha256: await evidence.sha256() }),
      abandon: async () => await Promise.resolve(),
    },
    proofs: null,
    openPlan: async () => {
      const { stem, file } = await takeStem(state, { repository, to: goal.to }, async (free) => {
        return await state.create(rollbackFile("plan", free));
      });
      return { file, name: stem };
    },
  });
}

async function goalOf(request: PlanSettings, source: PlanSource, word: TargetWord): Promise<RollbackGoal> {
  const { location, order, idTime } = request;
  const { prefix } = location;
  const snapshotHistories = () => keyHistories(source.pages(`${prefix}snapshots/`));
  const to: Instant = await resolveTarget(word, { prefix, order, idTime, storeNow: source.now, snapshotHistories });
  return { prefix, order, idTime, to };
}
