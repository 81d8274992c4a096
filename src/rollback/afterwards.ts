import { isNullVersion } from "../base/version-id.ts";
import type { VersionId } from "../base/version-id.ts";
import { currentRow } from "../history/state-at.ts";
import type { HistoryRow } from "../store/object-version.ts";
import { sameness } from "./prove.ts";
import type { HashVersion } from "./prove.ts";
import { isRow } from "./step.ts";
import type { RollbackStep } from "./step.ts";

/** What a key shows after its step was done. */
type Afterwards =
  /** What it should; `own` names the copy that the step made. */
  | { readonly kind: "right" }
  | { readonly kind: "own"; readonly versionId: VersionId }
  /** The copy came out under the id `null`: versioning was not Enabled. */
  | { readonly kind: "null" }
  /** Somebody has written it since. */
  | { readonly kind: "changed"; readonly now: string };

/**
 * Looks at a key's rows after its step. Bytes are read only where size or ETag of what shows are not those of the version
 * that was copied, as for one that was put in parts; whether bytes hash to the name is for `verifyRollback`.
 */
export async function afterwards(
  step: RollbackStep,
  rows: readonly HistoryRow[],
  hash: HashVersion,
): Promise<Afterwards> {
  const current = currentRow(rows);
  if (step.action === "hide") {
    if (current?.kind !== "version") return { kind: "right" };
    return { kind: "changed", now: `version ${current.versionId} is current` };
  }
  if (current === null) return { kind: "changed", now: "its history is gone" };
  if (current.kind === "marker") return { kind: "changed", now: `marker ${current.versionId} is current` };
  if (isRow(step.to, current)) return { kind: "right" };
  const now = `version ${current.versionId} is current`;
  if (current.size !== step.to.size) return { kind: "changed", now };
  if (current.etag !== step.to.etag) {
    const to = rows.find((row) => isRow(step.to, row));
    if (to?.kind !== "version" || (await sameness(current, to, hash)).kind !== "same") return { kind: "changed", now };
  }
  return isNullVersion(current.versionId) ? { kind: "null" } : { kind: "own", versionId: current.versionId };
}
